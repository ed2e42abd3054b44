import type { BatchHeader, BatchId, JobId } from "@framequeue/contracts";

/** `a` as decoded, `b` as enhanced. Both live on one credit. */
export type PayloadVariant = "a" | "b";

/** Names the pixels of one batch. The epoch is random, so a key of an abandoned attempt never meets a new one. */
export interface PayloadId extends BatchId {
  readonly job: JobId;
  readonly epoch: string;
  readonly variant: PayloadVariant;
}

/** `J/ep/s.b/a` */
export function payloadKey(id: PayloadId): string {
  return `${id.job}/${id.epoch}/${id.segment}.${id.batch}/${id.variant}`;
}

/** Frame `i` begins at `i * frameBytes(header)`. Shared, so that inference threads read it without a copy. */
export interface FrameBatch {
  readonly header: BatchHeader;
  readonly pixels: SharedArrayBuffer;
}

/**
 * Holds the pixels that tasks refer to. A payload is written once, read by several stages, and deleted by the last.
 * Nothing here counts credits: the ledger does, and it asks for a delete before it gives a credit back.
 */
export interface FrameStore extends AsyncDisposable {
  readonly kind: "memory" | "file" | "redis";
  /** Whole or not at all; replaces what is there. The caller gives the buffer away and must not write to it again. */
  put(key: string, batch: FrameBatch): Promise<void>;
  /** `undefined` when it is not there, or when what is there is damaged. */
  get(key: string): Promise<FrameBatch | undefined>;
  /** Of what is not there is not an error. */
  delete(key: string): Promise<void>;
  /** Everything below `prefix`, which ends at a slash of the key: `J`, `J/ep` or `J/ep/s.b`. */
  deletePrefix(prefix: string): Promise<void>;
  list(prefix?: string): AsyncIterable<string>;
}
