import { type BatchKey, type JobId, parseBatchKey } from "@framequeue/contracts";
import { payloadKey, type PayloadVariant } from "@framequeue/frames";
import type { Ports } from "../ports.ts";

export type PayloadDeps = Pick<Ports, "ledger" | "frames"> & {
  readonly queues: Pick<Ports["queues"], "addDue">;
};

/** `J/ep/s.b`: names the grant of a batch, and is the prefix of its payloads. */
export function grantId(job: JobId, epoch: string, k: BatchKey): string {
  return `${job}/${epoch}/${k}`;
}

export function payloadOf(job: JobId, epoch: string, k: BatchKey, variant: PayloadVariant): string {
  return payloadKey({ job, epoch, ...parseBatchKey(k), variant });
}

/** Deletes the pixels, then gives the bytes back: payload ⊆ grant ⊆ live holds at every step. */
export async function clearPayload(
  { ledger, frames }: PayloadDeps,
  job: JobId,
  epoch: string,
  k: BatchKey,
  tok: string,
): Promise<void> {
  await frames.deletePrefix(grantId(job, epoch, k));
  await ledger.release(grantId(job, epoch, k), tok);
}

/** The end of a batch of pixels: payload, grant, credit, in this order. */
export async function dropBatch(
  deps: PayloadDeps,
  job: JobId,
  epoch: string,
  k: BatchKey,
  tok: string,
): Promise<void> {
  await clearPayload(deps, job, epoch, k, tok);
  await deps.ledger.returned(job, epoch, k, tok);
}

/** A ready batch whose pixels are gone or damaged: cleared, wanted again, and its segment decoded again. */
export async function reportLost(
  deps: PayloadDeps,
  job: JobId,
  epoch: string,
  k: BatchKey,
  lease: string,
  tok: string,
): Promise<void> {
  await clearPayload(deps, job, epoch, k, tok);
  const { due } = await deps.ledger.lost(job, epoch, k, lease);
  await deps.queues.addDue(job, epoch, due);
}
