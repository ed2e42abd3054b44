import { open } from "node:fs/promises";
import type { SourceFile } from "../probe/source-file.ts";

/** Bytes of a file, wherever they are wanted. */
export interface ByteReader {
  /** Bytes that there are. */
  readonly size: number;
  /** At most `length` bytes from `offset` on: fewer at the end, none behind it. */
  read(offset: number, length: number): Promise<Buffer>;
}

export async function openByteReader(source: SourceFile): Promise<ByteReader & AsyncDisposable> {
  const file = await open(source.path);
  const size = Math.min((await file.stat()).size, source.bytes ?? Number.POSITIVE_INFINITY);
  return {
    size,
    async read(offset, length) {
      const room = Math.max(0, Math.min(length, size - offset));
      const { buffer, bytesRead } = await file.read(Buffer.alloc(room), 0, room, offset);
      return buffer.subarray(0, bytesRead);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** A reader of what is in memory. */
export function bytesInMemory(bytes: Uint8Array): ByteReader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    size: buffer.length,
    read: (offset, length) => Promise.resolve(buffer.subarray(offset, offset + length)),
  };
}
