/**
 * Keeps shared buffers for reuse: a fresh one of some megabytes costs its zeroing at once and a full garbage
 * collection later. Buffers are handed out by their exact size, since all batches of a job have one size.
 */
export interface BufferPool {
  /** A buffer of so many bytes. Its content is arbitrary. */
  take(bytes: number): SharedArrayBuffer;
  /** The caller, its only owner, has no more use for it. */
  give(buffer: SharedArrayBuffer): void;
}

const DEFAULT_CAPACITY_BYTES = 128 * 2 ** 20;

export function createBufferPool(capacityBytes: number = DEFAULT_CAPACITY_BYTES): BufferPool {
  const free = new Map<number, SharedArrayBuffer[]>();
  let held = 0;
  return {
    take(bytes) {
      const buffer = free.get(bytes)?.pop();
      if (buffer === undefined) return new SharedArrayBuffer(bytes);
      held -= bytes;
      return buffer;
    },
    give(buffer) {
      const bytes = buffer.byteLength;
      if (bytes > capacityBytes) return;
      // Sizes that nobody asks for any more make room for those in use.
      if (held + bytes > capacityBytes) {
        free.clear();
        held = 0;
      }
      const list = free.get(bytes);
      if (list === undefined) free.set(bytes, [buffer]);
      else list.push(buffer);
      held += bytes;
    },
  };
}
