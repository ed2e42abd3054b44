import {
  countSampled,
  type DecodeMessage,
  frameBytes,
  ProblemError,
  sampledFrame,
} from "@framequeue/contracts";
import {
  type DecodeReport,
  ffmpegVersion,
  type FrameReader,
  type MediaTools,
  openDecoder,
  samplingOf,
} from "@framequeue/media";
import {
  type HeldSegment,
  holdSegment,
  openSource,
  type Passed,
  type Pipeline,
  putTimeline,
  readSegment,
  type SegmentEnd,
  type TaskContext,
} from "@framequeue/pipeline";
import { warningOf } from "./segment-warning.ts";
import { Turn } from "./turn.ts";

export interface DecodeDeps extends Pipeline {
  readonly tools: MediaTools;
  readonly decoderThreads?: number;
  /** How long a segment keeps its decoder while other jobs wait for one. */
  readonly quantumMs: number;
}

/** Decodes one segment into batches. */
export async function decodeSegment(
  deps: DecodeDeps,
  message: DecodeMessage,
  context: TaskContext,
): Promise<void> {
  await holdSegment(deps, message, context, {
    pass: (held) => pass(deps, held),
    giveUp: async (held, soFar) => giveUp(held, soFar),
  });
}

/** One run of ffmpeg over the segment, and what is to be made of it. */
async function pass(deps: DecodeDeps, held: HeldSegment): Promise<Passed> {
  const read = await readAll(deps, held);
  if (read === "out of turn") return { is: read };
  const { batches, report } = read;
  if (!report.matched) return startedOver(held, report.isDamaged);
  if (report.isDamaged && held.mayFallBack) return startedOver(held, true);
  return { is: "at its end", batches, ...(await outcomeOf(deps, held, report)) };
}

/** Reads and publishes batch after batch: reading the next overlaps with publishing the last. */
async function readAll(
  deps: DecodeDeps,
  held: HeldSegment,
): Promise<{ batches: number; report: DecodeReport } | "out of turn"> {
  const { frames } = deps;
  const { job, plan } = held.facts;
  const { batchFrames, payload } = plan;
  const bytes = frameBytes(payload.layout, payload.width, payload.height);
  const turn = new Turn(deps.queues, job.id, deps.quantumMs);
  await using decoder = await openReader(deps, held);
  const { reader } = decoder;
  const publisher = held.publisher((vt) => turn.published(vt));
  for (let batch = 0; ; batch++) {
    const pixels = frames.allocate(batchFrames * bytes);
    const pts = await reader.read(new Uint8Array(pixels), batchFrames);
    await publisher.settled();
    // What several threads make of damage is not published; nor is the rest waited for. ffmpeg tells of damage in a
    // picture before it tells that picture's time, without which `read` does not give it.
    const isInVain = reader.isDamaged && held.mayFallBack;
    if (pts.length === 0 || isInVain) {
      frames.discard(pixels);
      return { batches: batch, report: isInVain ? reader.report() : reportOf(reader) };
    }
    if (await turn.isOver()) {
      frames.discard(pixels);
      return "out of turn";
    }
    if (await held.isAdopted(batch, pts.length)) frames.discard(pixels);
    else publisher.publish(batch, pts, cut(deps, pixels, pts.length * bytes));
    if (pts.length < batchFrames) {
      await publisher.settled();
      return { batches: batch + 1, report: reportOf(reader) };
    }
  }
}

async function openReader(
  { objects, tools, decoderThreads }: DecodeDeps,
  { facts: { plan, job }, message, context }: HeldSegment,
): Promise<{ readonly reader: FrameReader } & AsyncDisposable> {
  await using resources = new AsyncDisposableStack();
  const segment = await readSegment(objects, job.id, message.epoch, plan, message.segment);
  const source = resources.use(await openSource(objects, plan.source, plan.sourceState));
  const threads = plan.oneThread === true ? 1 : decoderThreads;
  const reader = resources.use(
    openDecoder(source, {
      info: plan.media,
      segment,
      frame: plan.payload,
      layout: plan.payload.layout,
      sampling: samplingOf(plan.segments, message.segment, plan.sampling),
      tools,
      signal: context.signal,
      ...(threads === undefined ? {} : { threads }),
    }),
  );
  const owned = resources.move();
  return { reader, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The last batch of a segment is shorter than the buffer that it was read into. */
function cut({ frames }: DecodeDeps, pixels: SharedArrayBuffer, bytes: number): SharedArrayBuffer {
  if (bytes === pixels.byteLength) return pixels;
  const short = pixels.slice(0, bytes);
  frames.discard(pixels);
  return short;
}

function reportOf(reader: FrameReader): DecodeReport {
  const report = reader.report();
  if (report.exitCode === null) {
    // Killed from outside, say by the kernel for want of memory: that says nothing about the file.
    throw new ProblemError("frame-undecodable", "The decoder was killed before it was done.");
  }
  return report;
}

/** How much of the source decoded, and what did not, for the record at the job's end. */
async function outcomeOf(
  { objects, tools }: DecodeDeps,
  { facts: { plan, job }, message, countsFrames }: HeldSegment,
  report: DecodeReport,
): Promise<Omit<SegmentEnd, "batches">> {
  const frames = report.pts.length;
  const missing = report.missing.map((span) => ({
    ...span,
    reason:
      report.truncated && span.before === frames
        ? ("source-truncated" as const)
        : ("decode-error" as const),
  }));
  const last = missing.at(-1);
  const warning = warningOf(report, plan, await ffmpegVersion(tools.ffmpeg));
  const timeline = { pts: report.pts, missing, isReshaped: report.shapes.length > 1 };
  return {
    ...(countsFrames ? { shown: frames } : {}),
    ...(last && {
      missing: {
        frames: missing.reduce((sum, span) => sum + span.frames, 0),
        reason: last.reason,
      },
    }),
    ...(plan.mode === "sequential"
      ? { timeline: await putTimeline(objects, job.id, message.epoch, timeline) }
      : {}),
    ...(warning === undefined ? {} : { warning }),
  };
}

function startedOver({ facts: { plan } }: HeldSegment, oneThread: boolean): Passed {
  const frames = countSampled(plan.sampling, plan.expectedFrames);
  return { is: "not to be trusted", oneThread, frames };
}

/**
 * Where every decoder dies: a source that others can be tried with is decoded by one thread; else what comes behind the
 * last batch is a gap.
 */
function giveUp(held: HeldSegment, soFar: { batches: number; frames: number }): Passed {
  if (held.mayFallBack) return startedOver(held, true);
  const { batches, frames } = soFar;
  if (frames === 0) {
    const { name } = held.facts.plan.source;
    throw new ProblemError(
      "source-damaged",
      `The decoder died again and again before the first picture of ${name}.`,
      { at: "source" },
    );
  }
  // What came behind the last frame that was looked at, nobody knows.
  const shown = sampledFrame(held.facts.plan.sampling, frames - 1) + 1;
  const missing = Math.max(0, held.segment.frames - shown);
  return {
    is: "at its end",
    batches,
    ...(held.countsFrames ? { shown } : {}),
    ...(missing === 0 ? {} : { missing: { frames: missing, reason: "decode-error" } }),
    warning: "The decoder failed again and again at the same place; what follows was left out.",
  };
}
