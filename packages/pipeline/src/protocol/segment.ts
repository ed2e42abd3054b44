import {
  type DecodeMessage,
  fromDeltas,
  type InferredBatch,
  parseBatchKey,
  ProblemError,
  samplesAll,
  type Segment,
  toDeltas,
} from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { FactsReader } from "../plan/plan.ts";
import { objectKeys } from "../ledger/keys.ts";
import type { SegmentEnd } from "../ledger/ledger.ts";
import { adoptSoFar, readAdopted } from "../plan/adoption.ts";
import { type JobFacts, putPlan } from "../plan/plan.ts";
import { putSegmentTimes, readSegment } from "../plan/segment-times.ts";
import type { TaskQueues } from "../queues/task-queues.ts";
import { isHeldAgainst } from "./blame.ts";
import { clearEpoch } from "./clear-epoch.ts";
import { BatchPublisher, WorkTakenAway } from "./publisher.ts";
import { retryThroughOutage } from "./retry-through-outage.ts";
import type { TaskContext } from "./task-context.ts";

export interface SegmentDeps extends Pick<
  Ports,
  "ledger" | "frames" | "objects" | "host" | "lockMs" | "frameBudgetBytes"
> {
  readonly facts: FactsReader;
  readonly queues: Pick<TaskQueues, "addDue" | "began">;
}

/** How one pass over a segment ended. */
export type Passed =
  | ({ readonly is: "at its end" } & SegmentEnd)
  /** Others are further behind: the segment goes back to the queue, behind them. */
  | { readonly is: "out of turn" }
  /**
   * The file does not decode from its key frames as it does in one go, or it is damaged and is to be decoded by one
   * thread: the job starts over as one sequential segment, of which so many frames are looked at.
   */
  | { readonly is: "not to be trusted"; readonly oneThread: boolean; readonly frames: number };

/** What decoding is, beside what is said of it to others. */
export interface SegmentWork {
  /** Goes over the segment once, from its start, and publishes every batch that `held` has not adopted. */
  pass(held: HeldSegment): Promise<Passed>;
  /** Every attempt failed, `soFar` published: how the segment ends nevertheless. */
  giveUp(held: HeldSegment, soFar: { batches: number; frames: number }): Promise<Passed>;
}

/**
 * Takes a segment and has it decoded into batches: batches that an earlier delivery published are decoded again and
 * passed over, so that a batch always holds the same frames. What is thrown counts against the segment where the fault
 * is its own.
 */
export async function holdSegment(
  deps: SegmentDeps,
  message: DecodeMessage,
  context: TaskContext,
  work: SegmentWork,
): Promise<void> {
  const { ledger, queues, host } = deps;
  const { job, epoch, segment, tag = 0 } = message;
  const facts = await deps.facts(job, epoch);
  if (facts === undefined) return;

  const lease = host.newToken();
  const begun = await ledger.segBegin(job, epoch, segment, lease, context.delivery, tag);
  if (begun.a === "gone") {
    // Nobody works for this epoch any more; whoever died in it may have left pixels.
    await clearEpoch(deps, job, epoch);
    return;
  }
  if (begun.a === "skip") {
    await queues.addDue(job, epoch, begun.due);
    return;
  }
  await queues.began(tag);
  const held = new HeldSegment(deps, facts, message, lease, context);
  try {
    if (begun.a === "exhausted") {
      if (await held.take(await work.giveUp(held, begun))) return;
      throw new ProblemError("frame-undecodable", "A batch was lost while the segment was ended.");
    }
    if (await held.adoptAll()) return;
    while (!(await held.take(await work.pass(held))));
  } catch (error) {
    if (error instanceof WorkTakenAway) return;
    const say = isHeldAgainst(error, context.signal) ? ledger.segFail : ledger.segHandBack;
    await retryThroughOutage(deps, () => say(job, epoch, segment, lease));
    throw error;
  }
}

/** A segment that is this caller's: nobody else's batches count meanwhile. */
export class HeldSegment {
  readonly facts: JobFacts;
  readonly message: DecodeMessage;
  readonly context: TaskContext;
  readonly #deps: SegmentDeps;
  readonly #lease: string;
  /** Batches with results of an earlier run, by their index. */
  readonly #adopted = new Map<number, InferredBatch>();

  constructor(
    deps: SegmentDeps,
    facts: JobFacts,
    message: DecodeMessage,
    lease: string,
    context: TaskContext,
  ) {
    this.#deps = deps;
    this.facts = facts;
    this.message = message;
    this.#lease = lease;
    this.context = context;
  }

  get segment(): Segment {
    return this.facts.plan.segments[this.message.segment]!;
  }

  /** Whether nobody but the decoder can tell how many frames the source has: rows tell of those that are looked at. */
  get countsFrames(): boolean {
    const { mode, sampling } = this.facts.plan;
    return !samplesAll(sampling) && mode === "sequential";
  }

  /** Whether the source can still be decoded in a way that depends on less. */
  get mayFallBack(): boolean {
    const { plan } = this.facts;
    return plan.mode === "parallel" || plan.oneThread !== true;
  }

  /** Puts the batches of one pass into the frame store. */
  publisher(onPublished: (vt: number, frames: number) => void = () => {}): BatchPublisher {
    return new BatchPublisher(this.#deps, {
      ...this.message,
      ...this.context,
      lease: this.#lease,
      payload: this.facts.plan.payload,
      onPublished: (vt, frames) => {
        onPublished(vt, frames);
        this.context.count({ frames, batches: 1 });
      },
    });
  }

  /** Whether the batch is done by an earlier run, so that its pixels are not needed. */
  async isAdopted(batch: number, frames: number): Promise<boolean> {
    const adopted = this.#adopted.get(batch);
    // Other frames than then: the file decodes differently now.
    if (adopted === undefined || adopted.frames !== frames) return false;
    return (await this.#adopt(adopted)) !== "part";
  }

  /**
   * Takes over what an earlier run left. Whether that is the whole segment, which then is over and need not be decoded:
   * not where a batch needs its pixels after all.
   */
  async adoptAll(): Promise<boolean> {
    const { job, epoch, segment } = this.message;
    if (this.facts.plan.adopts !== true) return false;
    const adopted = await readAdopted(this.#deps.objects, job, epoch, segment);
    for (const batch of adopted?.batches ?? []) {
      this.#adopted.set(parseBatchKey(batch.k).batch, batch);
    }
    if (adopted?.whole !== true || this.countsFrames) return false;
    for (const batch of this.#adopted.values()) {
      this.context.signal.throwIfAborted();
      if ((await this.#adopt(batch)) === "part") return false;
    }
    return this.#end({ batches: this.#adopted.size });
  }

  async #adopt(batch: InferredBatch): Promise<"ok" | "part" | "skip"> {
    const { job, epoch, segment } = this.message;
    const answer = await this.#deps.ledger.adopt(job, epoch, segment, this.#lease, batch);
    if (answer.a === "stale" || answer.a === "gone") {
      throw new WorkTakenAway(`batch ${batch.k}: ${answer.a}`);
    }
    await this.#deps.queues.addDue(job, epoch, answer.due);
    return answer.a;
  }

  /** Says how a pass ended. False where the segment is not over: a batch of it was lost meanwhile. */
  async take(passed: Passed): Promise<boolean> {
    if (passed.is === "at its end") {
      const { is: _, ...end } = passed;
      const { plan } = this.facts;
      // However that came about: of several segments, each decoded as was planned, or the job started over.
      if (plan.mode === "sequential" && end.batches === 0) {
        throw new ProblemError(
          "source-damaged",
          `Not one picture of ${plan.source.name} can be decoded.`,
          { at: "source" },
        );
      }
      return this.#end(end);
    }
    if (passed.is === "out of turn") await this.#yieldTurn();
    // Another pass would pass over the batches that this one published, and they may be wrong.
    else await this.#fallBack(passed);
    return true;
  }

  async #end(end: SegmentEnd): Promise<boolean> {
    const { job, epoch, segment } = this.message;
    const answer = await this.#deps.ledger.segEnd(job, epoch, segment, this.#lease, end);
    if (answer.a === "again") return false;
    await this.#deps.queues.addDue(job, epoch, answer.due);
    return true;
  }

  async #yieldTurn(): Promise<void> {
    const { job, epoch, segment } = this.message;
    const { due } = await this.#deps.ledger.segYield(job, epoch, segment, this.#lease);
    await this.#deps.queues.addDue(job, epoch, due);
  }

  async #fallBack({ oneThread, frames }: { oneThread: boolean; frames: number }): Promise<void> {
    const { job, epoch, segment } = this.message;
    const { plan } = this.facts;
    const { objects, ledger, queues, host } = this.#deps;
    const fresh = host.newToken();
    const expectedDeltas = toDeltas(await this.#expectedTimes());
    const { truncated } = plan.segments.at(-1)!;
    const segments = await putSegmentTimes(objects, job, fresh, [
      {
        frames: plan.expectedFrames,
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
    const answer = await ledger.fallback(job, epoch, segment, this.#lease, fresh, frames);
    if (answer.a !== "ok") {
      await objects.deletePrefix(objectKeys.epoch(job, fresh));
      return;
    }
    await queues.addDue(job, fresh, answer.due);
    // The objects of the old epoch stay until the job ends: a Redis that forgets its last second goes back to it.
    await clearEpoch(this.#deps, job, epoch);
  }

  /** The times of all frames as this plan has them. */
  async #expectedTimes(): Promise<number[]> {
    const { job, epoch } = this.message;
    const { plan } = this.facts;
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
