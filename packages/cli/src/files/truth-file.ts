import { basename, dirname, join } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import { labelNames } from "@framequeue/models";
import {
  countedRows,
  describeSetAside,
  type MotBenchmark,
  motTruth,
  type MotTruth,
} from "@framequeue/evaluation";
import { parseMotText } from "@framequeue/tracking";
import { readOptionalText, readText } from "../text/read-text.ts";
import type { Terminal } from "../text/terminal.ts";

/** Ground truth, with the names of its classes where it has some. */
export interface Truth extends MotTruth {
  readonly labels: readonly string[] | undefined;
}

export interface TruthOptions {
  /** File with the names of the classes; by default a `labels.txt` beside the truth, if there is one. */
  readonly classes?: string | undefined;
  /** Whose rules count, in place of the classes that have names. */
  readonly benchmark?: MotBenchmark | undefined;
}

/**
 * Ground truth in MOTChallenge text. How many rows do not count, and why, is told: figures of a part of the truth look
 * like those of all of it.
 *
 * @param path absolute, as `classes`
 * @throws ProblemError `invalid-request` naming the file that is missing, no such text, or says too little
 */
export async function readTruth(
  path: string,
  { classes, benchmark }: TruthOptions,
  { stderr }: Pick<Terminal, "stderr">,
): Promise<Truth> {
  const labels = benchmark === undefined ? await readClasses(path, classes) : undefined;
  const truth = await readText(path, (text) => motTruth(parseMotText(text), { benchmark, labels }));
  const { boxes, setAside } = truth;
  const counted = countedRows(truth);
  const how = `${counted} of ${boxes.length} rows count; set aside: ${describeSetAside(setAside)}`;
  if (counted === 0) {
    throw new ProblemError(
      "invalid-request",
      boxes.length === 0
        ? `${path} has no rows.`
        : `${path}: ${how}. Name its classes, in the order of their numbers, with --classes FILE.`,
      { at: path },
    );
  }
  if (labels !== undefined && classes === undefined) {
    stderr.write(`${path}: its classes are those of ${LABELS} beside it: ${labels.join(", ")}.\n`);
  }
  if (setAside.size > 0) stderr.write(`${path}: ${how}.\n`);
  return { ...truth, labels };
}

/** The file of names that CVAT, Datumaro and the demo write beside a truth. */
const LABELS = "labels.txt";

async function readClasses(
  path: string,
  classes: string | undefined,
): Promise<string[] | undefined> {
  const file = classes ?? join(dirname(path), LABELS);
  const text = classes === undefined ? await readOptionalText(file) : await readText(file, String);
  if (text === undefined) return undefined;
  const names = labelNames(text);
  if (names !== undefined) return names;
  throw new ProblemError(
    "invalid-request",
    `${basename(file)} beside ${path} has lines without a name, or none at all.`,
    { at: file },
  );
}
