import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { StreamedObject } from "./object-store.ts";

/**
 * Size and SHA-256 of a file's content.
 *
 * @param first only of the first so many bytes; absent: of all
 */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
  first = Number.POSITIVE_INFINITY,
): Promise<StreamedObject> {
  if (first === 0) return { bytes: 0, sha256: createHash("sha256").digest("hex") };
  const hash = createHash("sha256");
  let bytes = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20, end: first - 1 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        hash.update(chunk);
      }
    },
    ...(signal === undefined ? [] : [{ signal }]),
  );
  return { bytes, sha256: hash.digest("hex") };
}
