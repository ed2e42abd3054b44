/**
 * Keeps shared buffers for reuse: a fresh one of some megabytes costs its zeroing at once and a full garbage
 * collection later. Buffers are handed out by their exact size, since all batches of a job have one size but for the
 * last of a segment.
 */
export interface BufferPool {
  /** A buffer of so many bytes. Its content is arbitrary. */
  take(bytes: number): SharedArrayBuffer;
  /** The caller, its only owner, has no more use for it. */
  give(buffer: SharedArrayBuffer): void;
}

const DEFAULT_CAPACITY_BYTES = 128 * 2 ** 20;
/** Sizes at a time: those of a few jobs. The odd ones at the ends of segments would pile up otherwise. */
const SIZES = 4;

export function createBufferPool(capacityBytes: number = DEFAULT_CAPACITY_BYTES): BufferPool {
  /** By size; the size that was asked for last stands last. */
  const free = new Map<number, SharedArrayBuffer[]>();
  let held = 0;
  const drop = (bytes: number): void => {
    held -= bytes * free.get(bytes)!.length;
    free.delete(bytes);
  };
  return {
    take(bytes) {
      const buffers = free.get(bytes) ?? [];
      free.delete(bytes);
      free.set(bytes, buffers);
      if (free.size > SIZES) drop(free.keys().next().value!);
      const buffer = buffers.pop();
      if (buffer === undefined) return new SharedArrayBuffer(bytes);
      held -= bytes;
      return buffer;
    },
    give(buffer) {
      const bytes = buffer.byteLength;
      const buffers = free.get(bytes);
      // What nobody has asked for lately nobody will ask for.
      if (buffers === undefined) return;
      for (const other of free.keys()) {
        if (held + bytes <= capacityBytes) break;
        if (other !== bytes) drop(other);
      }
      if (held + bytes > capacityBytes) return;
      buffers.push(buffer);
      held += bytes;
    },
  };
}
