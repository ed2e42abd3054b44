import type { MotRow } from "@framequeue/tracking";
import type { TruthBox, TruthUse } from "./sequence.ts";

/**
 * Whose rules say which rows of a MOTChallenge gt.txt count.
 *
 * - `mot15`: rows with a flag (column 7) other than 0; the others are bystanders.
 * - `mot17`: rows of class 1 (column 8, pedestrian) with a flag other than 0. Rows of the classes 2, 7, 8 and 12 (people
 *   in vehicles, sitting or standing still, distractors, reflections) are ignored, the others are bystanders.
 * - `mot20`: the same, with class 6 (non-motorised vehicles) ignored too.
 *
 * Milan et al., "MOT16: a benchmark for multi-object tracking" (2016), section 4.1; Dendorfer et al., "MOT20" (2020).
 */
export type MotBenchmark = "mot15" | "mot17" | "mot20";

const PEDESTRIAN = 1;
/** Classes that MOT16, 17 and 20 number. */
const MOT_CLASSES = 13;
const IGNORED_CLASSES: Readonly<Record<MotBenchmark, readonly number[]>> = {
  mot15: [],
  mot17: [2, 7, 8, 12],
  mot20: [2, 6, 7, 8, 12],
};

/** A text that does not say what a truth has to say: the message is a clause. Nothing is assumed in its place. */
export class TruthError extends Error {
  override readonly name = "TruthError";
  readonly code = "truth-unclear";
  readonly retryable = false;
}

/** A row of the truth with its class. */
export interface ClassedTruth extends TruthBox {
  /** Index in the names of the classes; 0 where there are none. */
  readonly classId: number;
}

/** What counts of a text, and how many of its rows do not and why. */
export interface MotTruth {
  readonly boxes: readonly ClassedTruth[];
  /** By the reason; their sum and the boxes that count are all rows. */
  readonly setAside: ReadonlyMap<string, number>;
}

export interface MotTruthOptions {
  /** Whose rules count; by default those that the text's columns speak of. Names of classes are not looked at then. */
  readonly benchmark?: MotBenchmark | undefined;
  /**
   * Names of the text's classes. Their numbers, from 1, stand in column 10, as the demo writes them: then columns 7 and
   * 8 follow `mot17`. Or in column 8, as CVAT and Datumaro write them: then every row with a flag other than 0 counts,
   * and the others are ignored.
   */
  readonly labels?: readonly string[] | undefined;
}

/**
 * The ground truth in rows of a gt.txt. Without names or a benchmark: `mot17` where rows have a class, else `mot15`.
 *
 * @throws TruthError where a row lacks a class that is needed, or has one without a name
 */
export function motTruth(
  rows: readonly MotRow[],
  { benchmark, labels }: MotTruthOptions = {},
): MotTruth {
  const judge =
    labels === undefined || benchmark !== undefined
      ? byBenchmark(rows, benchmark ?? benchmarkOf(rows))
      : byLabels(rows, labels);
  const setAside = new Map<string, number>();
  const boxes = rows.map((row): ClassedTruth => {
    const { use, classId = 0, why } = judge(row);
    if (why !== undefined) setAside.set(why, (setAside.get(why) ?? 0) + 1);
    return { frame: row.frame, id: row.id, boxXywh: row.boxXywh, use, classId };
  });
  return { boxes, setAside };
}

/** Rows that have to be found. */
export function countedRows({ boxes }: Pick<MotTruth, "boxes">): number {
  return boxes.filter(({ use }) => use === "scored").length;
}

/** For sentences: `12 with 0 in column 7, 3 of class 8`. */
export function describeSetAside(setAside: MotTruth["setAside"]): string {
  return [...setAside].map(([why, count]) => `${count} ${why}`).join(", ");
}

interface Judgement {
  readonly use: TruthUse;
  readonly classId?: number;
  /** Why it does not count. */
  readonly why?: string;
}

function byBenchmark(rows: readonly MotRow[], benchmark: MotBenchmark): (row: MotRow) => Judgement {
  if (benchmark !== "mot15") {
    for (const [index, row] of rows.entries()) {
      const [classNumber] = row.rest;
      if (classNumber === undefined || classNumber < 1) {
        throw lacks(index, row, `class in column 8, by which ${benchmark} says what counts`);
      }
      if (classNumber > MOT_CLASSES || !Number.isInteger(classNumber)) {
        throw new TruthError(
          `${placeOf(index, row)} has class ${classNumber} in column 8, which is none of MOTChallenge's ${MOT_CLASSES}: ` +
            "name the classes in a labels.txt beside it",
        );
      }
    }
  }
  return ({ score: flag, rest: [classNumber = -1] }) => {
    if (IGNORED_CLASSES[benchmark].includes(classNumber)) {
      return { use: "ignored", why: `of class ${classNumber}` };
    }
    if (flag === 0) return { use: "bystander", why: "with 0 in column 7" };
    if (benchmark === "mot15" || classNumber === PEDESTRIAN) return { use: "scored" };
    return { use: "bystander", why: `of class ${classNumber}` };
  };
}

function benchmarkOf(rows: readonly MotRow[]): MotBenchmark {
  return rows.some(({ rest: [classNumber = -1] }) => classNumber > 0) ? "mot17" : "mot15";
}

function byLabels(rows: readonly MotRow[], labels: readonly string[]): (row: MotRow) => Judgement {
  // all rows have the same columns
  const column = rows.some(({ rest: [, , number = -1] }) => number > 0) ? 10 : 8;
  const numberOf = ({ rest }: MotRow): number | undefined => rest[column - 8];
  for (const [index, row] of rows.entries()) {
    const number = numberOf(row);
    if (number === undefined || number < 1) throw lacks(index, row, `class in column ${column}`);
    if (Number.isInteger(number) && number <= labels.length) continue;
    throw new TruthError(
      `${placeOf(index, row)} has class ${number} in column ${column}, and there are names for ${labels.length}`,
    );
  }
  const classOf = (row: MotRow): number => numberOf(row)! - 1;
  if (column === 10) {
    const judge = byBenchmark(rows, "mot17");
    return (row) => ({ ...judge(row), classId: classOf(row) });
  }
  return (row) =>
    row.score === 0
      ? { use: "ignored", classId: classOf(row), why: "with 0 in column 7" }
      : { use: "scored", classId: classOf(row) };
}

function lacks(index: number, row: MotRow, what: string): TruthError {
  return new TruthError(`${placeOf(index, row)} has no ${what}`);
}

function placeOf(index: number, { frame, id }: MotRow): string {
  return `row ${index + 1} (frame ${frame}, id ${id})`;
}
