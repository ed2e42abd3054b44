import {
  type Comparison,
  type FrameFileRow,
  type FrameRow,
  isSampled,
  type JobId,
  type JobResult,
  type ModelRef,
  ProblemError,
  resolveSampling,
  type Sampling,
  summarySchema,
} from "@framequeue/contracts";
import { AgreementCounter } from "@framequeue/vision";
import { keptRows, readHeader, readText, type ResultFiles } from "./rows/kept-rows.ts";

/** A job with its result, and where its files are read. */
export interface JobToCompare {
  readonly objects: ResultFiles;
  readonly id: JobId;
  readonly result: JobResult | undefined;
}

interface Rows {
  readonly models: ModelRef[];
  readonly sha256: string;
  readonly sampling: Sampling;
  readonly frames: AsyncIterator<{ frame: number; boxes: ReturnType<typeof boxesOf> }>;
}

/**
 * Holds the detections of two jobs over the same source against each other, frame by frame, without holding more than
 * one frame of each. Frames that one of them lost count as empty there; frames that one of them was not to look at do not
 * count.
 *
 * @throws ProblemError `result-not-ready` where a job has no results, `invalid-request` for two sources
 */
export async function compareJobs(first: JobToCompare, second: JobToCompare): Promise<Comparison> {
  const [a, b] = [await openRows(first), await openRows(second)];
  if (a.sha256 !== b.sha256) {
    throw new ProblemError("invalid-request", "The two jobs are of two sources.", { at: "other" });
  }
  const counter = new AgreementCounter();
  let [one, other] = [await a.frames.next(), await b.frames.next()];
  while (one.done !== true || other.done !== true) {
    const [here, there] = [
      one.done === true ? Infinity : one.value.frame,
      other.done === true ? Infinity : other.value.frame,
    ];
    const frame = Math.min(here, there);
    if ([a, b].every(({ sampling }) => isSampled(sampling, frame))) {
      counter.add(
        here === frame && one.done !== true ? one.value.boxes : [],
        there === frame && other.done !== true ? other.value.boxes : [],
      );
    }
    if (here === frame) one = await a.frames.next();
    if (there === frame) other = await b.frames.next();
  }
  return {
    first: await sideOf(first, a),
    second: await sideOf(second, b),
    agreement: counter.result(),
  };
}

async function openRows({ objects, id, result }: JobToCompare): Promise<Rows> {
  const artifact = result?.artifacts["frames.jsonl"];
  if (artifact === undefined) {
    throw new ProblemError("result-not-ready", `Job ${id} has no results.`, { at: id });
  }
  const { models, media, options } = await readHeader(objects, artifact);
  return {
    ...{ models, sha256: media.sha256, sampling: resolveSampling(options) },
    frames: framesOf(keptRows.frames(objects, artifact)),
  };
}

async function* framesOf(rows: AsyncIterable<FrameFileRow>) {
  for await (const row of rows) {
    if (!("gap" in row)) yield { frame: row.frame, boxes: boxesOf(row) };
  }
}

function boxesOf({ detections }: FrameRow) {
  return detections.map(({ label, box: [x, y, width, height] }) => ({
    label,
    boxXyxy: [x, y, x + width, y + height] as const,
  }));
}

async function sideOf(
  { objects, id, result }: JobToCompare,
  { models }: Rows,
): Promise<Comparison["first"]> {
  const text = await readText(objects, result!.artifacts["summary.json"]!);
  const summary = summarySchema.parse(JSON.parse(text));
  const framesPerSecond = summary.frames / Math.max(summary.timing.seconds, 1e-9);
  return { job: id, models, framesPerSecond };
}
