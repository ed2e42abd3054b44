import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import {
  countedRows,
  countTracking,
  type MotBenchmark,
  type TrackingCounts,
  trackingScores,
  type TrackingScores,
} from "@framequeue/evaluation";
import { parseMotText } from "@framequeue/tracking";
import { parseStrictly } from "../options/parse-options.ts";
import { readText } from "../text/read-text.ts";
import type { Terminal } from "../text/terminal.ts";
import { readTruth, type TruthOptions } from "../files/truth-file.ts";

const USAGE = `Usage: npm run eval -- track --gt PATH --pred PATH [options]

Scores tracks against ground truth, both in MOTChallenge text. PATH is a file, or for several sequences a folder:
ground truth is then SEQUENCE/gt.txt or SEQUENCE/gt/gt.txt, tracks are SEQUENCE.txt or SEQUENCE/FILE.

  --file FILE        what tracks are called in the folder of a sequence (default pred.txt)
  --iou N            least overlap of a match, for all but HOTA (default 0.5)
  --classes FILE     names of the truth's classes, one a line (default: labels.txt beside it, as CVAT writes it): then
                     every row counts that has no 0 in column 7
  --benchmark NAME   mot15, mot17 or mot20: whose rules say which rows of the truth count, whatever has names
                     (default: mot17 where it has classes)
  --json             one JSON object on stdout
  --help             this text
`;

const BENCHMARKS = ["mot15", "mot17", "mot20"] as const satisfies readonly MotBenchmark[];

/** Heading, and what stands below it. */
const COLUMNS: readonly (readonly [string, (scores: TrackingScores) => string])[] = [
  ["MOTA", ({ mota }) => percent(mota)],
  ["MOTP", ({ motp }) => percent(motp)],
  ["IDF1", ({ idf1 }) => percent(idf1)],
  ["HOTA", ({ hota }) => percent(hota)],
  ["DetA", ({ detA }) => percent(detA)],
  ["AssA", ({ assA }) => percent(assA)],
  ["LocA", ({ locA }) => percent(locA)],
  ["IDSW", ({ idSwitches }) => String(idSwitches)],
  ["Frag", ({ fragmentations }) => String(fragmentations)],
  ["MT", ({ mostlyTracked }) => String(mostlyTracked)],
  ["ML", ({ mostlyLost }) => String(mostlyLost)],
  ["FP", ({ falsePositives }) => String(falsePositives)],
  ["FN", ({ falseNegatives }) => String(falseNegatives)],
];

/** `eval track`: answers the exit code. */
export async function evalTrack(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseStrictly({
    args: [...args],
    options: {
      gt: { type: "string" },
      pred: { type: "string" },
      file: { type: "string", default: "pred.txt" },
      iou: { type: "string", default: "0.5" },
      classes: { type: "string" },
      benchmark: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    terminal.stdout.write(USAGE);
    return 0;
  }
  const gt = resolve(terminal.cwd, needed(values.gt, "--gt"));
  const pred = resolve(terminal.cwd, needed(values.pred, "--pred"));
  const iou = overlapOf(values.iou);
  const rules: TruthOptions = {
    classes: values.classes && resolve(terminal.cwd, values.classes),
    benchmark: benchmarkOf(values.benchmark),
  };

  const names: string[] = [];
  const counts: TrackingCounts[] = [];
  const rows: TruthRows[] = [];
  for (const sequence of await sequencesIn(gt, pred, values.file)) {
    const counted = await countSequence(sequence, rules, iou, terminal);
    names.push(sequence.name);
    counts.push(counted.counts);
    rows.push(counted.rows);
  }
  const sequences = counts.map((count) => trackingScores(count));
  const overall = trackingScores(...counts);
  terminal.stdout.write(
    values.json
      ? `${JSON.stringify({ sequences: names.map((name, i) => ({ name, truth: rows[i], ...sequences[i] })), overall })}\n`
      : table(names, sequences, overall),
  );
  return 0;
}

interface Sequence {
  readonly name: string;
  readonly truth: string;
  readonly tracks: string;
}

/** How much of a truth counts. */
interface TruthRows {
  readonly rows: number;
  readonly counted: number;
  /** By the reason. */
  readonly setAside: Readonly<Record<string, number>>;
}

/** One of two files, or all that have a truth. @throws ProblemError `invalid-request` where one has no tracks */
async function sequencesIn(gt: string, pred: string, file: string): Promise<Sequence[]> {
  if (!(await isThere(gt, "isDirectory"))) {
    return [{ name: basename(dirname(gt)), truth: gt, tracks: pred }];
  }
  const sequences: Sequence[] = [];
  for (const name of (await readdir(gt)).sort()) {
    const truth = await firstThatIs(join(gt, name, "gt.txt"), join(gt, name, "gt", "gt.txt"));
    if (truth === undefined) continue;
    const places = [join(pred, `${name}.txt`), join(pred, name, file)] as const;
    const tracks = await firstThatIs(...places);
    // one that is left out would count as one that was followed as well as the others
    if (tracks === undefined) {
      throw new ProblemError(
        "invalid-request",
        `${truth} has no tracks: there is neither ${places.join(" nor ")}. A sequence in which nothing was tracked has an empty file.`,
        { at: "--pred" },
      );
    }
    sequences.push({ name, truth, tracks });
  }
  if (sequences.length > 0) return sequences;
  throw new ProblemError("invalid-request", `No sequence has a truth in ${gt}.`, { at: "--gt" });
}

async function countSequence(
  { truth, tracks }: Sequence,
  rules: TruthOptions,
  iou: number,
  terminal: Terminal,
): Promise<{ counts: TrackingCounts; rows: TruthRows }> {
  const { boxes, setAside } = await readTruth(truth, rules, terminal);
  const predictions = await readText(tracks, parseMotText);
  const rows = {
    rows: boxes.length,
    counted: countedRows({ boxes }),
    setAside: Object.fromEntries(setAside),
  };
  try {
    return { counts: countTracking(boxes, predictions, iou), rows };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProblemError("invalid-request", `${truth} and ${tracks}: ${error.message}.`);
  }
}

function table(
  names: readonly string[],
  sequences: readonly TrackingScores[],
  overall: TrackingScores,
): string {
  const width = Math.max("sequence".length, ...names.map(({ length }) => length)) + 1;
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(7)).join("")}\n`;
  const row = (name: string, scores: TrackingScores): string =>
    line(
      name,
      COLUMNS.map(([, cell]) => cell(scores)),
    );
  return [
    line(
      "sequence",
      COLUMNS.map(([heading]) => heading),
    ),
    ...names.map((name, i) => row(name, sequences[i]!)),
    ...(names.length > 1 ? [row("all", overall)] : []),
  ].join("");
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) {
    throw new ProblemError("invalid-request", `${name} is needed.`, { at: name });
  }
  return value;
}

function overlapOf(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) {
    throw new ProblemError("invalid-request", "--iou is above 0 and at most 1.", { at: "--iou" });
  }
  return value;
}

function benchmarkOf(name: string | undefined): MotBenchmark | undefined {
  const known = BENCHMARKS.find((benchmark) => benchmark === name);
  if (name !== undefined && known === undefined) {
    throw new ProblemError("invalid-request", `--benchmark takes ${BENCHMARKS.join(", ")}.`, {
      at: "--benchmark",
    });
  }
  return known;
}

async function isThere(path: string, kind: "isDirectory" | "isFile"): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.[kind]() ?? false;
}

async function firstThatIs(...paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isThere(path, "isFile")) return path;
  return undefined;
}
