import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { StreamedObject } from "./object-store.ts";

/** Size and SHA-256 of a file's content. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<StreamedObject> {
  const hash = createHash("sha256");
  let bytes = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
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
