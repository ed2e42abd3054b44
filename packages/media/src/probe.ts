import { stat } from "node:fs/promises";
import { ProblemError } from "@framequeue/contracts";
import type { MediaInfo } from "@framequeue/contracts";
import { MAX_PIXELS, probeArguments } from "./ffmpeg-arguments.ts";
import { runFfprobe } from "./ffmpeg.ts";
import type { ToolOptions } from "./ffmpeg.ts";
import { readProbe } from "./probe-output.ts";
import { asSourceFile, sourceName } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";

export interface ProbeLimits {
  /** Pixels of one picture. Default 8192 × 8192. */
  readonly maxPixels?: number;
  /** Length that the container states. Default: none, because containers lie about it. */
  readonly maxSeconds?: number;
}

const PROBE_DEADLINE_MS = 60_000;

/**
 * Looks into a local file. Decodes next to nothing.
 *
 * @throws {ProblemError} `source-not-found`, `source-empty`, `source-not-video`, `source-no-video-stream`,
 * `source-unsupported` (no decoder here, encrypted), `source-damaged` (no picture size) or `source-too-large`.
 * The text names the file by its base name only.
 */
export async function probe(
  source: SourceFile | string,
  options: ToolOptions & { limits?: ProbeLimits } = {},
): Promise<MediaInfo> {
  const file = asSourceFile(source);
  const name = sourceName(file);
  const limits = {
    maxPixels: options.limits?.maxPixels ?? MAX_PIXELS,
    maxSeconds: options.limits?.maxSeconds ?? Number.POSITIVE_INFINITY,
  };
  await checkFile(file.path, name);
  const output: string[] = [];
  const exit = await runFfprobe(probeArguments(file, limits.maxPixels), {
    deadlineMs: PROBE_DEADLINE_MS,
    ...options,
    onLine: (line) => output.push(line),
  }).exited;
  options.signal?.throwIfAborted();
  if (exit.stoppedBy === "deadline") {
    throw new ProblemError(
      "source-not-video",
      `${name} could not be understood in ${PROBE_DEADLINE_MS / 1000} s.`,
      { at: name },
    );
  }
  return readProbe(name, output.join("\n"), exit.errors, limits);
}

async function checkFile(path: string, name: string): Promise<void> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw new ProblemError("source-not-found", `${name} does not exist or cannot be read.`, {
      at: name,
      cause,
    });
  });
  if (!facts.isFile()) {
    throw new ProblemError("source-not-video", `${name} is not a file.`, { at: name });
  }
  if (facts.size === 0) {
    throw new ProblemError("source-empty", `${name} has no bytes.`, { at: name });
  }
}
