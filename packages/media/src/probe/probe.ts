import { stat } from "node:fs/promises";
import { ProblemError } from "@framequeue/contracts";
import type { MediaInfo } from "@framequeue/contracts";
import { openByteReader } from "../containers/byte-reader.ts";
import { readContainerFacts } from "../containers/container-facts.ts";
import { mp4Claims } from "../containers/mp4-claims.ts";
import { describeStreams } from "./described-streams.ts";
import { copyArguments, MAX_PIXELS } from "../ffmpeg/ffmpeg-arguments.ts";
import { checkNotKilled } from "../ffmpeg/ffmpeg.ts";
import type { ToolOptions } from "../ffmpeg/ffmpeg.ts";
import { fromFrameCrc } from "./packet-scan.ts";
import { chooseStream, readProbe } from "./probe-output.ts";
import { describeBrand, describePicture, MAYBE_PICTURES } from "./source-formats.ts";
import { runCopy } from "./stream-dump.ts";
import { asSourceFile, sourceName } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";
import { overBound } from "../ffmpeg/tool-bounds.ts";

export interface ProbeLimits {
  /** Pixels of one picture. Default 8192 × 8192. */
  readonly maxPixels?: number;
  /** Length that the container states. Default: none, because containers lie about it. */
  readonly maxSeconds?: number;
  /** Frames of the video, as its packets tell them. Default ten million. */
  readonly maxFrames?: number;
}

const PROBE_DEADLINE_MS = 60_000;

/**
 * Looks into a local file. Decodes next to nothing.
 *
 * @param options `stream`: the video stream that is wanted, by its place in the file; absent: the one that ffmpeg takes
 * @throws {ProblemError} `source-not-found`, `source-empty`, `source-not-video`, `source-no-video-stream`,
 * `source-unsupported` (no decoder here, encrypted), `source-damaged` (no picture size) or `source-too-large`.
 * The text names the file by its base name only.
 */
export async function probe(
  source: SourceFile | string,
  options: ToolOptions & { limits?: ProbeLimits; stream?: number | undefined } = {},
): Promise<MediaInfo> {
  const file = asSourceFile(source);
  const name = sourceName(file);
  const limits = {
    stream: options.stream,
    maxPixels: options.limits?.maxPixels ?? MAX_PIXELS,
    maxSeconds: options.limits?.maxSeconds ?? Number.POSITIVE_INFINITY,
  };
  await checkFile(file.path, name);
  await using bytes = await openByteReader(file);
  const brand = (await bytes.read(0, 12)).toString("latin1");
  const picture = describeBrand(name, brand);
  if (picture !== undefined) throw new ProblemError("source-not-video", picture, { at: name });
  const claims = await mp4Claims(bytes, { maxPackets: options.limits?.maxFrames });
  if (claims !== undefined) throw overBound(name, claims);
  const deadlineMs = Math.min(PROBE_DEADLINE_MS, options.tools?.silenceMs ?? PROBE_DEADLINE_MS);
  const described = await describeStreams(file, {
    deadlineMs,
    ...options,
    ...limits,
  });
  if (described.late) {
    throw new ProblemError(
      "source-not-video",
      `${name} could not be understood in ${deadlineMs / 1000} s.`,
      { at: name },
    );
  }
  if (described.excess !== undefined) throw overBound(name, described.excess);
  const stream = chooseStream(name, described, limits);
  if (
    MAYBE_PICTURES.has(described.format!.format_name) &&
    !(await holdsTwo(file, stream.index, options))
  ) {
    throw new ProblemError("source-not-video", describePicture(name), { at: name });
  }
  const facts = await readContainerFacts(bytes, described.format!.format_name, stream);
  return readProbe(name, described, stream, facts, limits);
}

/** Whether there are two pictures at least. */
async function holdsTwo(file: SourceFile, stream: number, options: ToolOptions): Promise<boolean> {
  let packets = 0;
  const args = copyArguments(file, MAX_PIXELS, { stream, packets: 2 });
  const exit = await runCopy(args, { deadlineMs: PROBE_DEADLINE_MS, ...options }, (line) => {
    if (fromFrameCrc(line) !== "") packets += 1;
  }).exited;
  options.signal?.throwIfAborted();
  checkNotKilled(exit, "Looking into", sourceName(file));
  return packets > 1;
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
