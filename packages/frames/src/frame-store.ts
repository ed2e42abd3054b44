import type { BatchHeader, BatchId, JobId } from "@framequeue/contracts";

/** `a` as decoded, `b` as enhanced. Both live on one credit. */
export const PAYLOAD_VARIANTS = ["a", "b"] as const;
export type PayloadVariant = (typeof PAYLOAD_VARIANTS)[number];

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
  /** A buffer for a batch that is to be put; its content is arbitrary. */
  allocate(bytes: number): SharedArrayBuffer;
  /**
   * Whole or not at all; replaces what is there. Answers whether the store keeps the buffer itself, which then is no
   * longer the caller's: the store hands it out again once the payload is deleted.
   */
  put(key: string, batch: FrameBatch): Promise<"kept" | "copied">;
  /**
   * `undefined` when it is not there, or when what is there is damaged. Whoever reads on after the payload was deleted
   * may see other pixels; the ledger refuses what comes of it.
   */
  get(key: string): Promise<FrameBatch | undefined>;
  /** The caller is done with a buffer that is its own: one it allocated and did not put, or put and saw copied. */
  discard(pixels: SharedArrayBuffer): void;
  /** The caller is done with what `get` answered. */
  discardRead(batch: FrameBatch): void;
  /** Of what is not there is not an error. */
  delete(key: string): Promise<void>;
  /** Everything below `prefix`, which ends at a slash of the key: `J`, `J/ep` or `J/ep/s.b`. */
  deletePrefix(prefix: string): Promise<void>;
  list(prefix?: string): AsyncIterable<string>;
  /** Memory of each server that holds pixels, where there are servers. */
  usage?(): Promise<readonly ServerMemory[]>;
}

export interface ServerMemory {
  /** Host and port, or socket: as it stands in the list, without credentials. */
  readonly server: string;
  readonly usedBytes: number;
  /** 0 where the server has no limit of its own. */
  readonly limitBytes: number;
}
