import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ProblemError } from "@framequeue/contracts";
import type { FrameRow, MediaInfo } from "@framequeue/contracts";
import { annotateArguments } from "./annotate-arguments.ts";
import type { AudioPlan } from "./annotate-arguments.ts";
import { findAudio } from "./audio.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import type { ToolExit, ToolOptions } from "./ffmpeg.ts";
import { overlayAss } from "./overlay-ass.ts";

export interface AnnotateOptions extends ToolOptions {
  /** The video that was analysed. */
  readonly source: string;
  readonly info: MediaInfo;
  /** The overlay, as `writeOverlay` writes it. */
  readonly assPath: string;
  /** The MP4 file to write. */
  readonly output: string;
  /** pts of the first frame, as `writeOverlay` returns it: frames before the container's start need room. */
  readonly firstPts?: number | undefined;
  /** Frames written so far; called about twice a second. */
  readonly onProgress?: (frames: number) => void;
  /** x264's preset; default `veryfast`. */
  readonly preset?: string;
  /** x264's quality, lower is better; default 21. */
  readonly crf?: number;
  /** Threads of the encoder; absent: all cores. */
  readonly threads?: number;
}

/**
 * Writes the overlay of `rows` for `annotate`, and tells the pts of the first frame. Holds a bounded part of it in
 * memory.
 */
export async function writeOverlay(
  path: string,
  rows: AsyncIterable<FrameRow> | Iterable<FrameRow>,
  info: Pick<MediaInfo, "width" | "height" | "timeBase" | "startSeconds">,
): Promise<{ firstPts: number | undefined }> {
  let firstPts: number | undefined;
  async function* noted(): AsyncGenerator<FrameRow> {
    for await (const row of rows) {
      firstPts ??= row.pts;
      yield row;
    }
  }
  await pipeline(Readable.from(overlayAss(noted(), info)), createWriteStream(path));
  return { firstPts };
}

const NO_ROOM = /No space left on device|Disk quota exceeded/;

/**
 * Burns an overlay into a video: every frame of the source at its own time, H.264 in 8-bit 4:2:0 at even sizes, with the
 * source's first sound track. The result plays in browsers and starts before it is loaded.
 *
 * @throws {ProblemError} `render-failed`; `store-full` when the disk is; the signal's reason when it aborts
 */
export async function annotate(options: AnnotateOptions): Promise<void> {
  const { source, info, signal } = options;
  const audio = info.hasAudio ? await findAudio(source, options) : undefined;
  signal?.throwIfAborted();
  let exit = await encode(options, audio);
  // A sound track that cannot be taken over is no reason to have no picture.
  if (audio && exit.code !== 0 && exit.stoppedBy === undefined) {
    exit = await encode(options, undefined);
  }
  signal?.throwIfAborted();
  if (exit.code === 0) return;
  if (exit.errors.some((line) => NO_ROOM.test(line))) {
    throw new ProblemError("store-full", "There is no room to write the annotated video.");
  }
  const said =
    exit.stoppedBy === "deadline"
      ? " It took too long."
      : ` ffmpeg says: ${exit.errors.slice(-3).join("; ")}.`;
  throw new ProblemError(
    "render-failed",
    `The annotated video of ${basename(source)} could not be written.${said}`,
    { at: basename(source) },
  );
}

function encode(options: AnnotateOptions, audio: AudioPlan | undefined): Promise<ToolExit> {
  const { preset = "veryfast", crf = 21, onProgress } = options;
  return runFfmpeg(annotateArguments({ ...options, preset, crf, audio }), {
    tools: options.tools,
    signal: options.signal,
    deadlineMs: options.deadlineMs,
    onLine: (line) => {
      const frame = /^frame=\s*(\d+)\s*$/.exec(line);
      if (frame) onProgress?.(Number(frame[1]));
    },
  }).exited;
}
