import { type EnhanceMessage, newToken, ProblemError } from "@framequeue/contracts";
import { type FrameBatch, payloadChecksum } from "@framequeue/frames";
import type { Normalizer } from "@framequeue/media";
import {
  dropBatch,
  grantId,
  insist,
  NotWanted,
  payloadOf,
  type Pipeline,
  reportLost,
  type TaskContext,
} from "@framequeue/pipeline";

export interface EnhanceDeps extends Pipeline {
  readonly normalize: Normalizer;
}

/** Puts the enhanced pixels of a batch beside the decoded ones, and deletes those once the ledger names the new. */
export async function enhanceBatch(
  deps: EnhanceDeps,
  { job, epoch, batch }: EnhanceMessage,
  { signal, count, span, follow }: TaskContext,
): Promise<void> {
  const { ledger, queues, frames } = deps;
  const lease = newToken();
  const begun = await ledger.begin(job, epoch, batch, lease, "enhance");
  await queues.addDue(job, epoch, begun.due);
  if (begun.a === "drop") await dropBatch(deps, job, epoch, batch, begun.tok);
  if (begun.a !== "run") return;

  let enhanced: FrameBatch;
  try {
    const decoded = await frames.get(payloadOf(job, epoch, batch, "a"));
    if (decoded === undefined || String(decoded.header.crc32) !== begun.sum) {
      await reportLost(deps, job, epoch, batch, lease, begun.tok);
      return;
    }
    signal.throwIfAborted();
    follow(decoded.header.span);
    enhanced = await enhance(deps, decoded, span);
    frames.discardRead(decoded);
    const put = await frames.put(payloadOf(job, epoch, batch, "b"), enhanced);
    if (put === "copied") frames.discard(enhanced.pixels);
  } catch (error) {
    // Neither a stop nor a store that is full or away says anything about the frames.
    if (signal.aborted || error instanceof ProblemError) {
      await insist(() => ledger.handBack(job, epoch, batch, lease, "enhance"), deps.lockMs);
    }
    throw error;
  }
  const { crc32 } = enhanced.header;
  const commit = () => ledger.enhCommit(job, epoch, batch, lease, crc32);
  const committed = await insist(commit, deps.lockMs);
  // Over: nobody else can hold this payload, so it goes. With only the lease lost it may be the new holder's.
  if (committed.a === "gone") {
    await frames.deletePrefix(grantId(job, epoch, batch));
    throw new NotWanted(job);
  }
  if (committed.a !== "ok") return;
  count({ frames: begun.frames, batches: 1 });
  await queues.addDue(job, epoch, committed.due);
  await frames.delete(payloadOf(job, epoch, batch, "a"));
}

/** On a copy: the decoded pixels must stay as they are until the commit, for whoever repeats the work. */
async function enhance(
  { normalize, frames }: EnhanceDeps,
  decoded: FrameBatch,
  span: string | undefined,
): Promise<FrameBatch> {
  const { header } = decoded;
  const pixels = frames.allocate(decoded.pixels.byteLength);
  new Uint8Array(pixels).set(new Uint8Array(decoded.pixels));
  await normalize(new Uint8Array(pixels), header, header.frames);
  return {
    pixels,
    header: {
      ...header,
      crc32: payloadChecksum(pixels),
      ...(span === undefined ? {} : { span }),
    },
  };
}
