import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
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
 * Downloads a file of known content. It appears at `target` whole or not at all: it is written beside it first. What
 * came before the connection was cut or the download stopped is kept there, and the next download goes on with it.
 *
 * @throws ProblemError `model-unreachable` if it does not arrive whole, `model-invalid` if it is another file; the
 * signal's reason if that aborts
 */
export async function download(url: URL, target: string, options: DownloadOptions): Promise<void> {
  const kept = `${target}.${options.sha256.slice(0, 12)}.part`;
  // one download at a time has it: another of the same file begins anew, in a file of its own
  const part = `${target}.${randomBytes(6).toString("hex")}.part`;
  await mkdir(dirname(target), { recursive: true });
  await rename(kept, part).catch(() => {});
  let isWorthKeeping = false;
  try {
    let { sha256, from } = await receive(url, part, options, () => (isWorthKeeping = true));
    isWorthKeeping = false;
    if (sha256 !== options.sha256 && from > 0) {
      // what was kept may be what is wrong
      await rm(part);
      ({ sha256, from } = await receive(url, part, options, () => (isWorthKeeping = true)));
      isWorthKeeping = false;
    }
    if (sha256 !== options.sha256) {
      throw new ProblemError(
        "model-invalid",
        `${url.href} is not the file that was expected: its sha256 is ${sha256} instead of ${options.sha256}.`,
        { at: url.href },
      );
    }
    await rename(part, target);
  } finally {
    if (isWorthKeeping) await rename(part, kept).catch(() => {});
    await rm(part, { force: true });
  }
}

/**
 * Receives what is missing of a file, or all of it where the server serves no parts.
 *
 * @param onCut the file holds a beginning that the rest can be added to
 * @returns its sha256, and at which byte this went on
 */
async function receive(
  url: URL,
  file: string,
  { bytes, onProgress, ...get }: DownloadOptions,
  onCut: () => void,
): Promise<{ sha256: string; from: number }> {
  let received = 0;
  try {
    const had = await hashOf(file);
    const isPart = had !== undefined && had.bytes > 0 && had.bytes < bytes;
    const { body, from } = await httpGetBody(url, get, isPart ? had.bytes : 0);
    const hash = from > 0 ? had!.hash : createHash("sha256");
    received = from;
    await pipeline(
      body,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          received += piece.length;
          if (received > bytes) throw new Error(`it is longer than the ${bytes} bytes expected`);
          hash.update(piece);
          onProgress?.(received, bytes);
          yield piece;
        }
      },
      createWriteStream(file, { flags: from > 0 ? "a" : "w" }),
      { signal: get.signal },
    );
    if (received < bytes) throw new Error(`it ended after ${received} of ${bytes} bytes`);
    return { sha256: hash.digest("hex"), from };
  } catch (error) {
    if (received <= bytes) onCut();
    get.signal.throwIfAborted();
    const reason = error instanceof Error ? plain(error).message : String(error);
    throw new ProblemError("model-unreachable", reason, { at: url.href, cause: error });
  }
}

/** Length of a file, and a hash that has taken it in; undefined where there is none. */
async function hashOf(
  file: string,
): Promise<{ bytes: number; hash: ReturnType<typeof createHash> } | undefined> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
      hash.update(piece);
      bytes += piece.length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return { bytes, hash };
}
