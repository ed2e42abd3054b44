import type { EnhanceMessage, InferMessage, InferResult } from "@framequeue/contracts";
import type { FrameBatch } from "@framequeue/frames";
import type { Ports } from "../ports.ts";
import { NotWanted } from "../queues/job-watch.ts";
import type { TaskQueues } from "../queues/task-queues.ts";
import { isHeldAgainst } from "./blame.ts";
import { putIntermediate } from "./intermediates.ts";
import { dropBatch, grantId, payloadOf, reportLost } from "./payloads.ts";
import { retryThroughOutage } from "./retry-through-outage.ts";
import type { TaskContext } from "./task-context.ts";

export interface BatchDeps extends Pick<
  Ports,
  "ledger" | "frames" | "objects" | "host" | "lockMs"
> {
  readonly queues: Pick<TaskQueues, "addDue">;
}

/** What a caller holds of a batch: nobody else's commit counts meanwhile. */
export interface HeldRange {
  readonly batch: FrameBatch;
  /** First frame and one past the last, inside the batch. */
  readonly from: number;
  readonly to: number;
}

/** What becomes of a batch that somebody wants to work on: another holds it, it wants a process for itself, or it is done. */
type Held<R> =
  | { readonly is: "done"; readonly lease: string; readonly range: HeldRange; readonly result: R }
  | { readonly is: "none" | "for one alone" };

type Variant = "a" | "b";

/**
 * Asks for what is open of a batch, reads its pixels and works on them. What is thrown meanwhile counts against the
 * frames where it is theirs; where it is not, the attempt is given back.
 */
async function hold<R>(
  deps: BatchDeps,
  { job, epoch, batch, stage }: EnhanceMessage | InferMessage,
  { signal, follow }: TaskContext,
  variant: Variant,
  isAlone: boolean,
  work: (range: HeldRange) => Promise<R>,
): Promise<Held<R>> {
  const { ledger, queues, frames, host } = deps;
  signal.throwIfAborted();
  const lease = host.newToken();
  const begun = await ledger.begin(job, epoch, batch, lease, stage);
  await queues.addDue(job, epoch, begun.due);
  if (begun.a === "drop") await dropBatch(deps, job, epoch, batch, begun.tok);
  if (begun.a !== "run") return { is: "none" };

  const handBack = (): Promise<unknown> =>
    retryThroughOutage(deps, () => ledger.handBack(job, epoch, batch, lease, stage));
  if (begun.solo === 1 && !isAlone) {
    await handBack();
    return { is: "for one alone" };
  }
  try {
    const payload = await frames.get(payloadOf(job, epoch, batch, variant));
    if (payload === undefined || String(payload.header.crc32) !== begun.sum) {
      await reportLost(deps, job, epoch, batch, lease, begun.tok);
      return { is: "none" };
    }
    follow(payload.header.span);
    signal.throwIfAborted();
    const range = { batch: payload, from: begun.f, to: begun.t };
    return { is: "done", lease, range, result: await work(range) };
  } catch (error) {
    if (!isHeldAgainst(error, signal)) await handBack();
    throw error;
  }
}

export interface InferWork {
  /** Which pixels the networks see. */
  readonly variant: Variant;
  /** The batch may have killed the process that had it before. */
  readonly isSuspect: boolean;
  /** Lets work share the process, or have it to itself. */
  readonly gate: {
    share<T>(work: () => Promise<T>): Promise<T>;
    alone<T>(work: () => Promise<T>): Promise<T>;
  };
  /** The result of a range, which depends on its pixels alone. */
  readonly infer: (range: HeldRange) => Promise<InferResult>;
}

/** Gives every range of a batch a result that has none yet, then deletes the pixels and gives the credit back. */
export async function inferRanges(
  deps: BatchDeps,
  message: InferMessage,
  context: TaskContext,
  { variant, isSuspect, gate, infer }: InferWork,
): Promise<void> {
  let isAlone = isSuspect;
  const next = (): Promise<Next> =>
    inferNext(deps, message, context, variant, isAlone, async (range) => {
      const result = await infer(range);
      deps.frames.discardRead(range.batch);
      const { job, epoch } = message;
      return await putIntermediate(deps.objects, job, epoch, "infer", JSON.stringify(result));
    });
  for (;;) {
    const what = await (isAlone ? gate.alone(next) : gate.share(next));
    if (what === "none") return;
    isAlone ||= what === "alone";
  }
}

/** What comes after a range: another of the batch, this one again but alone in the process, or nothing. */
type Next = "another" | "alone" | "none";

async function inferNext(
  deps: BatchDeps,
  message: InferMessage,
  context: TaskContext,
  variant: Variant,
  isAlone: boolean,
  work: (range: HeldRange) => Promise<string>,
): Promise<Next> {
  const { ledger, queues } = deps;
  const { job, epoch, batch } = message;
  const held = await hold(deps, message, context, variant, isAlone, work);
  if (held.is !== "done") return held.is === "none" ? "none" : "alone";
  const { lease, range, result: ref } = held;
  const { from, to } = range;
  const committed = await retryThroughOutage(deps, () =>
    ledger.commit(job, epoch, batch, lease, from, to, ref),
  );
  if (committed.a === "gone") throw new NotWanted(job);
  if (committed.a !== "stale") {
    context.count({ frames: to - from, batches: committed.a === "done" ? 1 : 0 });
  }
  if (committed.a === "done") {
    // Track first: it is waiting, the store is not.
    await queues.addDue(job, epoch, committed.due);
    await dropBatch(deps, job, epoch, batch, committed.tok);
  }
  return committed.a === "more" ? "another" : "none";
}

/**
 * Puts other pixels in the place of those of a batch: beside them first, and those go once the ledger names the new.
 *
 * @param enhance answers a batch of its own: the pixels that it gets stay as they are until the commit, for whoever
 * repeats the work
 */
export async function replacePixels(
  deps: BatchDeps,
  message: EnhanceMessage,
  context: TaskContext,
  enhance: (decoded: FrameBatch) => Promise<FrameBatch>,
): Promise<void> {
  const { ledger, queues, frames } = deps;
  const { job, epoch, batch } = message;
  const held = await hold(deps, message, context, "a", false, async (range) => {
    const enhanced = await enhance(range.batch);
    frames.discardRead(range.batch);
    const put = await frames.put(payloadOf(job, epoch, batch, "b"), enhanced);
    if (put === "copied") frames.discard(enhanced.pixels);
    return enhanced.header;
  });
  if (held.is !== "done") return;
  const { lease, result: header } = held;
  const committed = await retryThroughOutage(deps, () =>
    ledger.enhCommit(job, epoch, batch, lease, header.crc32),
  );
  // Over: nobody else can hold this payload, so it goes. With only the lease lost it may be the new holder's.
  if (committed.a === "gone") {
    await frames.deletePrefix(grantId(job, epoch, batch));
    throw new NotWanted(job);
  }
  if (committed.a !== "ok") return;
  context.count({ frames: header.frames, batches: 1 });
  await queues.addDue(job, epoch, committed.due);
  await frames.delete(payloadOf(job, epoch, batch, "a"));
}
