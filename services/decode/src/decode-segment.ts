import {
  type DecodeMessage,
  frameBytes,
  fromDeltas,
  type InferredBatch,
  newToken,
  parseBatchKey,
  ProblemError,
  type Segment,
  toDeltas,
} from "@framequeue/contracts";
import {
  countSampled,
  type DecodeReport,
  ffmpegVersion,
  type FrameReader,
  type MediaTools,
  openDecoder,
  samplingOf,
} from "@framequeue/media";
import {
  adoptSoFar,
  clearEpoch,
  insist,
  IntermediateLost,
  type JobFacts,
  objectKeys,
  openSource,
  type Pipeline,
  putPlan,
  putSegmentTimes,
  putTimeline,
  readAdopted,
  readSegment,
  type SegmentEnd,
  type TaskContext,
} from "@framequeue/pipeline";
import { BatchPublisher, WorkTakenAway } from "./batch-publisher.ts";
import { warningOf } from "./segment-warning.ts";
import { Turn } from "./turn.ts";

export interface DecodeDeps extends Pipeline {
  readonly tools: MediaTools;
  readonly decoderThreads?: number;
  /** How long a segment keeps its decoder while other jobs wait for one. */
  readonly quantumMs: number;
}

/**
 * Decodes one segment into batches, from its start: batches that an earlier delivery published are decoded again and
 * passed over, so that a batch always holds the same frames.
 */
export async function decodeSegment(
  deps: DecodeDeps,
  message: DecodeMessage,
  context: TaskContext,
): Promise<void> {
  const { job, epoch, segment, tag = 0 } = message;
  const facts = await deps.facts(job, epoch);
  if (facts === undefined) return;

  const lease = newToken();
  const begun = await deps.ledger.segBegin(job, epoch, segment, lease, context.delivery, tag);
  if (begun.a === "gone") {
    // Nobody works for this epoch any more; whoever died in it may have left pixels.
    await clearEpoch(deps, job, epoch);
    return;
  }
  if (begun.a === "skip") {
    await deps.queues.addDue(job, epoch, begun.due);
    return;
  }
  await deps.queues.began(tag);
  const work = new SegmentWork(deps, facts, message, lease, context);
  try {
    if (begun.a === "exhausted") {
      if (work.mayFallBack) await work.fallBack({ oneThread: true });
      else await work.giveUpAfter(begun.batches, begun.frames);
      return;
    }
    await work.run();
  } catch (error) {
    if (error instanceof WorkTakenAway) return;
    const blameless =
      context.signal.aborted ||
      error instanceof IntermediateLost ||
      (error instanceof ProblemError && error.code !== "frame-undecodable");
    const { ledger, lockMs } = deps;
    const say = blameless ? ledger.segHandBack : ledger.segFail;
    await insist(() => say(job, epoch, segment, lease), lockMs);
    throw error;
  }
}

class SegmentWork {
  readonly #deps: DecodeDeps;
  readonly #facts: JobFacts;
  readonly #message: DecodeMessage;
  readonly #lease: string;
  readonly #context: TaskContext;
  readonly #signal: AbortSignal;
  readonly #segment: Segment;
  readonly #everyNth: number;
  /** Batches with results of an earlier run, by their index. */
  readonly #adopted = new Map<number, InferredBatch>();

  constructor(
    deps: DecodeDeps,
    facts: JobFacts,
    message: DecodeMessage,
    lease: string,
    context: TaskContext,
  ) {
    this.#deps = deps;
    this.#facts = facts;
    this.#message = message;
    this.#lease = lease;
    this.#context = context;
    this.#signal = context.signal;
    this.#segment = facts.plan.segments[message.segment]!;
    this.#everyNth = facts.job.options.everyNth ?? 1;
  }

  /** Whether nobody but the decoder can tell how many frames the source has: rows tell of those that are looked at. */
  get #countsFrames(): boolean {
    return this.#everyNth > 1 && this.#facts.plan.mode === "sequential";
  }

  /** What an earlier run left of this segment is taken over; the rest is decoded. */
  async run(): Promise<void> {
    const { job, epoch, segment } = this.#message;
    if (this.#facts.plan.adopts) {
      const adopted = await readAdopted(this.#deps.objects, job, epoch, segment);
      for (const batch of adopted?.batches ?? [])
        this.#adopted.set(parseBatchKey(batch.k).batch, batch);
      if (adopted?.whole === true && !this.#countsFrames && (await this.#adoptAll())) return;
    }
    await this.decode();
  }

  /** Ends a segment of which nothing is missing, without decoding it. False where a batch needs its pixels after all. */
  async #adoptAll(): Promise<boolean> {
    for (const batch of this.#adopted.values()) {
      this.#signal.throwIfAborted();
      if ((await this.#adopt(batch)) === "part") return false;
    }
    return this.#end({ batches: this.#adopted.size });
  }

  async #adopt(batch: InferredBatch): Promise<"ok" | "part" | "skip"> {
    const { job, epoch, segment } = this.#message;
    const answer = await this.#deps.ledger.adopt(job, epoch, segment, this.#lease, batch);
    if (answer.a === "stale" || answer.a === "gone") {
      throw new WorkTakenAway(`batch ${batch.k}: ${answer.a}`);
    }
    await this.#deps.queues.addDue(job, epoch, answer.due);
    return answer.a;
  }

  /** Whether the batch is done by an earlier run, so that its pixels are not needed. */
  async #isAdopted(batch: number, frames: number): Promise<boolean> {
    const adopted = this.#adopted.get(batch);
    // Other frames than then: the file decodes differently now.
    if (adopted === undefined || adopted.frames !== frames) return false;
    return (await this.#adopt(adopted)) !== "part";
  }

  /** Passes over the segment until every batch of it is published, or falls back when it cannot be trusted. */
  async decode(): Promise<void> {
    for (;;) {
      const passed = await this.#pass();
      if (passed === "turn over") {
        await this.#yield();
        return;
      }
      const { batches, report } = passed;
      if (!report.matched || (report.isDamaged && this.mayFallBack)) {
        // Another pass would pass over the batches that this one published, and they may be wrong.
        await this.fallBack({ oneThread: report.isDamaged });
        return;
      }
      if (await this.#end({ batches, ...(await this.#outcomeOf(report)) })) return;
    }
  }

  /** One run of ffmpeg over the segment. Reading the next batch overlaps with publishing the last. */
  async #pass(): Promise<{ batches: number; report: DecodeReport } | "turn over"> {
    const { plan, job } = this.#facts;
    const turn = new Turn(this.#deps.queues, job.id, this.#deps.quantumMs);
    const { batchFrames, frame, media } = plan;
    const bytes = frameBytes(frame.layout, frame.width, frame.height);
    const segment = await readSegment(
      this.#deps.objects,
      job.id,
      this.#message.epoch,
      plan,
      this.#message.segment,
    );
    await using source = await openSource(this.#deps.objects, plan.source, plan.sourceState);
    const threads = plan.oneThread === true ? 1 : this.#deps.decoderThreads;
    await using reader: FrameReader = openDecoder(source, {
      info: media,
      segment,
      frame,
      layout: frame.layout,
      sampling: samplingOf(plan.segments, this.#message.segment, this.#everyNth),
      tools: this.#deps.tools,
      signal: this.#signal,
      ...(threads === undefined ? {} : { threads }),
    });
    const publisher = new BatchPublisher(this.#deps, {
      ...this.#message,
      lease: this.#lease,
      frame,
      // A batch's enhanced pixels live on the same credit as its decoded ones, and are reserved with them.
      reserved: job.options.enhance.normalize ? 2 : 1,
      signal: this.#signal,
      idle: this.#context.idle,
      span: this.#context.span,
      onPublished: (vt, count) => {
        turn.published(vt);
        this.#context.count({ frames: count, batches: 1 });
      },
    });
    for (let batch = 0; ; batch++) {
      const pixels = this.#deps.frames.allocate(batchFrames * bytes);
      const pts = await reader.read(new Uint8Array(pixels), batchFrames);
      await publisher.settled();
      // What several threads make of damage is not published; nor is the rest waited for. ffmpeg tells of damage in a
      // picture before it tells that picture's time, without which `read` does not give it.
      const isInVain = reader.isDamaged && this.mayFallBack;
      if (pts.length === 0 || isInVain) {
        this.#deps.frames.discard(pixels);
        return { batches: batch, report: isInVain ? reader.report() : this.#judge(reader) };
      }
      if (await turn.isOver()) {
        this.#deps.frames.discard(pixels);
        return "turn over";
      }
      if (await this.#isAdopted(batch, pts.length)) this.#deps.frames.discard(pixels);
      else publisher.publish(batch, pts, this.#cut(pixels, pts.length * bytes));
      if (pts.length < batchFrames) {
        await publisher.settled();
        return { batches: batch + 1, report: this.#judge(reader) };
      }
    }
  }

  /** Others are further behind: the segment goes back to the queue, behind them. */
  async #yield(): Promise<void> {
    const { job, epoch, segment } = this.#message;
    const { due } = await this.#deps.ledger.segYield(job, epoch, segment, this.#lease);
    await this.#deps.queues.addDue(job, epoch, due);
  }

  /** The last batch of a segment is shorter than the buffer that it was read into. */
  #cut(pixels: SharedArrayBuffer, bytes: number): SharedArrayBuffer {
    if (bytes === pixels.byteLength) return pixels;
    const cut = pixels.slice(0, bytes);
    this.#deps.frames.discard(pixels);
    return cut;
  }

  #judge(reader: FrameReader): DecodeReport {
    const report = reader.report();
    if (report.exitCode === null) {
      // Killed from outside, say by the kernel for want of memory: that says nothing about the file.
      throw new ProblemError("frame-undecodable", "The decoder was killed before it was done.");
    }
    return report;
  }

  /** How much of the source decoded, and what did not, for the record at the job's end. */
  async #outcomeOf(report: DecodeReport): Promise<Omit<SegmentEnd, "batches">> {
    const { plan } = this.#facts;
    const { job, epoch } = this.#message;
    const frames = report.pts.length;
    const missing = report.missing.map((span) => ({
      ...span,
      reason:
        report.truncated && span.before === frames
          ? ("source-truncated" as const)
          : ("decode-error" as const),
    }));
    const last = missing.at(-1);
    const warning = warningOf(report, plan, await ffmpegVersion(this.#deps.tools.ffmpeg));
    const timeline = { pts: report.pts, missing, isReshaped: report.shapes.length > 1 };
    return {
      ...(this.#countsFrames ? { shown: frames } : {}),
      ...(last && {
        missing: {
          frames: missing.reduce((sum, span) => sum + span.frames, 0),
          reason: last.reason,
        },
      }),
      ...(plan.mode === "sequential"
        ? { timeline: await putTimeline(this.#deps.objects, job, epoch, timeline) }
        : {}),
      ...(warning === undefined ? {} : { warning }),
    };
  }

  /** Whether the segment is over; if not, a batch of it was lost meanwhile and needs another pass. */
  async #end(end: SegmentEnd): Promise<boolean> {
    const { job, epoch, segment } = this.#message;
    const answer = await this.#deps.ledger.segEnd(job, epoch, segment, this.#lease, end);
    if (answer.a === "again") return false;
    await this.#deps.queues.addDue(job, epoch, answer.due);
    return true;
  }

  /**
   * Ends a sequential segment where the decoder gets no further: the rest is a gap.
   *
   * @throws ProblemError `source-damaged` where it never came to a first frame
   */
  async giveUpAfter(batches: number, frames: number): Promise<void> {
    if (frames === 0) {
      const { name } = this.#facts.plan.source;
      throw new ProblemError(
        "source-damaged",
        `The decoder died again and again before the first picture of ${name}.`,
        { at: "source" },
      );
    }
    // What came behind the last frame that was looked at, nobody knows.
    const shown = Math.max(0, (frames - 1) * this.#everyNth + 1);
    const missing = Math.max(0, this.#segment.frames - shown);
    const ended = await this.#end({
      batches,
      ...(this.#countsFrames ? { shown } : {}),
      ...(missing === 0 ? {} : { missing: { frames: missing, reason: "decode-error" } }),
      warning: "The decoder failed again and again at the same place; what follows was left out.",
    });
    if (!ended) {
      throw new ProblemError("frame-undecodable", "A batch was lost while the segment was ended.");
    }
  }

  /** Whether the source can still be decoded in a way that depends on less. */
  get mayFallBack(): boolean {
    const { plan } = this.#facts;
    return plan.mode === "parallel" || plan.oneThread !== true;
  }

  /**
   * Starts the job over as one sequential segment: this file does not decode from its key frames as it does in one go, or
   * it is damaged and is to be decoded by one thread.
   */
  async fallBack({ oneThread }: { readonly oneThread: boolean }): Promise<void> {
    const { job, epoch, segment } = this.#message;
    const { plan } = this.#facts;
    const fresh = newToken();
    const expected = plan.expectedFrames;
    const { objects } = this.#deps;
    const expectedDeltas = toDeltas(await this.#expectedTimes());
    const { truncated } = plan.segments.at(-1)!;
    const segments = await putSegmentTimes(objects, job, fresh, [
      {
        frames: expected,
        ...(expectedDeltas.length === 0 ? {} : { expectedDeltas }),
        ...(truncated && { truncated }),
      },
    ]);
    // What was published of a source that is decoded in one go came before the damage, and is what one thread gives.
    const adopts =
      plan.mode === "sequential" && (await adoptSoFar(this.#deps, job, epoch, plan, fresh));
    await putPlan(objects, job, fresh, {
      ...plan,
      mode: "sequential",
      segments,
      adopts: adopts ? true : undefined,
      ...(oneThread ? { oneThread } : {}),
    });
    const total = countSampled({ everyNth: this.#everyNth, firstFrame: 0 }, expected);
    const answer = await this.#deps.ledger.fallback(job, epoch, segment, this.#lease, fresh, total);
    if (answer.a !== "ok") {
      await objects.deletePrefix(objectKeys.epoch(job, fresh));
      return;
    }
    await this.#deps.queues.addDue(job, fresh, answer.due);
    // The objects of the old epoch stay until the job ends: a Redis that forgets its last second goes back to it.
    await clearEpoch(this.#deps, job, epoch);
  }

  /** The times of all frames as this plan has them. */
  async #expectedTimes(): Promise<number[]> {
    const { job, epoch } = this.#message;
    const { plan } = this.#facts;
    const times: number[] = [];
    for (const index of plan.segments.keys()) {
      const segment = await readSegment(this.#deps.objects, job, epoch, plan, index);
      for (const pts of fromDeltas(segment.ptsDeltas ?? segment.expectedDeltas ?? [])) {
        times.push(pts);
      }
    }
    return times;
  }
}
