import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { ProblemError } from "@framequeue/contracts";
import type { HttpGetOptions } from "./http-get.ts";
import { httpGetBody, plain } from "./http-get.ts";

export interface DownloadOptions extends HttpGetOptions {
  readonly sha256: string;
  readonly bytes: number;
  readonly onProgress?: ((received: number, total: number) => void) | undefined;
}

/**
 * Downloads a file of known content. It appears at `target` whole or not at all: it is written beside it first.
 *
 * @throws ProblemError `model-unreachable` if it does not arrive whole, `model-invalid` if it is another file; the
 * signal's reason if that aborts
 */
export async function download(url: URL, target: string, options: DownloadOptions): Promise<void> {
  const part = `${target}.${randomBytes(6).toString("hex")}.part`;
  try {
    const sha256 = await receive(url, part, options);
    if (sha256 !== options.sha256) {
      throw new ProblemError(
        "model-invalid",
        `${url.href} is not the file that was expected: its sha256 is ${sha256} instead of ${options.sha256}.`,
        { at: url.href },
      );
    }
    await rename(part, target);
  } finally {
    await rm(part, { force: true });
  }
}

async function receive(
  url: URL,
  file: string,
  { bytes, onProgress, ...get }: DownloadOptions,
): Promise<string> {
  const hash = createHash("sha256");
  let received = 0;
  try {
    await mkdir(dirname(file), { recursive: true });
    await pipeline(
      await httpGetBody(url, get),
      async function* (body: AsyncIterable<Buffer>) {
        for await (const piece of body) {
          received += piece.length;
          if (received > bytes) throw new Error(`it is longer than the ${bytes} bytes expected`);
          hash.update(piece);
          onProgress?.(received, bytes);
          yield piece;
        }
      },
      createWriteStream(file, { flags: "wx" }),
      { signal: get.signal },
    );
    if (received < bytes) throw new Error(`it ended after ${received} of ${bytes} bytes`);
  } catch (error) {
    get.signal.throwIfAborted();
    const reason = error instanceof Error ? plain(error).message : String(error);
    throw new ProblemError("model-unreachable", reason, { at: url.href, cause: error });
  }
  return hash.digest("hex");
}
