import type { MotRow } from "../mot-text.ts";
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
const IGNORED_CLASSES: Readonly<Record<MotBenchmark, readonly number[]>> = {
  mot15: [],
  mot17: [2, 7, 8, 12],
  mot20: [2, 6, 7, 8, 12],
};

/**
 * The ground truth in rows of a gt.txt.
 *
 * @param benchmark absent: `mot17` where rows have a class and a visibility, else `mot15`
 */
export function motTruth(rows: readonly MotRow[], benchmark = benchmarkOf(rows)): TruthBox[] {
  const useOf = ({ score: flag, rest: [classNumber = -1] }: MotRow): TruthUse => {
    if (IGNORED_CLASSES[benchmark].includes(classNumber)) return "ignored";
    const counts = flag !== 0 && (benchmark === "mot15" || classNumber === PEDESTRIAN);
    return counts ? "scored" : "bystander";
  };
  return rows.map((row) => {
    const { frame, id, boxXywh } = row;
    return { frame, id, boxXywh, use: useOf(row) };
  });
}

function benchmarkOf(rows: readonly MotRow[]): MotBenchmark {
  return rows.some(({ rest }) => rest.length >= 2 && rest[0]! > 0) ? "mot17" : "mot15";
}
