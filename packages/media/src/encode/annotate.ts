import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ProblemError } from "@framequeue/contracts";
import type { FrameRow, MediaInfo } from "@framequeue/contracts";
import { annotateArguments } from "./annotate-arguments.ts";
import type { AudioPlan } from "./annotate-arguments.ts";
import { findAudio } from "../probe/audio.ts";
import { faultOfVideo, whyNoVideo } from "../probe/check-video.ts";
import { checkNotKilled, runFfmpeg } from "../ffmpeg/ffmpeg.ts";
import type { ToolExit, ToolOptions } from "../ffmpeg/ffmpeg.ts";
import type { FrameClock } from "../decode/frame-clock.ts";
import { Patience } from "../ffmpeg/patience.ts";
import { overlayAss } from "../overlay/overlay-ass.ts";
import { asSourceFile, sourceName } from "../probe/source-file.ts";
import type { SourceFile } from "../probe/source-file.ts";
import { SILENCE_MS, toolMemoryBytes } from "../ffmpeg/tool-bounds.ts";

export interface AnnotateOptions extends ToolOptions {
  /** The video that was analysed. */
  readonly source: SourceFile | string;
  readonly info: MediaInfo;
  /** When each frame that decodes is shown. */
  readonly clock: FrameClock;
  /** How long the last picture is shown, in ticks; absent: as long as the one before. */
  readonly lastTicks?: number | undefined;
  /** Whether pictures change their shape on the way. */
  readonly isReshaped?: boolean;
  /** Whether the clock has every frame that decodes, so that the result must have as many; default true. */
  readonly isExact?: boolean;
  /** The overlay, as `writeOverlay` writes it. */
  readonly assPath: string;
  /** The MP4 file to write. */
  readonly output: string;
  /** Frames written so far; called about twice a second. */
  readonly onProgress?: (frames: number) => void;
  /** x264's preset; default `veryfast`. */
  readonly preset?: string;
  /** x264's quality, lower is better; default 21. */
  readonly crf?: number;
  /** Threads of the decoder; absent: all cores. */
  readonly decoderThreads?: number | undefined;
  /** Threads of the encoder; absent: all cores. */
  readonly threads?: number;
}

/** Writes the overlay of `rows` for `annotate`. Holds a bounded part of it in memory. */
export async function writeOverlay(
  path: string,
  rows: AsyncIterable<FrameRow> | Iterable<FrameRow>,
  info: Pick<MediaInfo, "width" | "height" | "startSeconds">,
  clock: FrameClock,
): Promise<void> {
  await pipeline(Readable.from(overlayAss(rows, info, clock)), createWriteStream(path));
}

const NO_ROOM = /No space left on device|Disk quota exceeded|File too large/;

/**
 * Burns an overlay into a video: every frame of the source at its own time, H.264 in 8-bit 4:2:0 at even sizes and with
 * square pixels, with the source's first sound track; without it where the clock was set back, for the sound's times
 * fall there too. The result plays in browsers and starts before it is loaded.
 *
 * @throws {ProblemError} `render-failed`; `store-full` when the disk is; `internal` where somebody killed ffmpeg, or it wrote nothing for five
 * minutes, so that it may be well the next time; the signal's reason when it aborts
 */
export async function annotate(options: AnnotateOptions): Promise<void> {
  const { info, clock, signal } = options;
  const source = asSourceFile(options.source);
  const withSound = info.hasAudio && clock.restarts === 0;
  const audio = withSound ? await findAudio(source, options) : undefined;
  signal?.throwIfAborted();
  let exit = await encode({ ...options, source }, audio);
  // A sound track that cannot be taken over is no reason to have no picture.
  if (audio && exit.code !== 0 && exit.stoppedBy === undefined) {
    exit = await encode({ ...options, source }, undefined);
  }
  signal?.throwIfAborted();
  const frames = (options.isExact ?? true) ? clock.ticks.length : undefined;
  const fault = exit.code === 0 ? await faultOfVideo(options.output, frames, options) : undefined;
  if (exit.code === 0 && fault === undefined) return;
  if (exit.errors.some((line) => NO_ROOM.test(line))) {
    throw new ProblemError("store-full", "There is no room to write the annotated video.");
  }
  throw new ProblemError(
    "render-failed",
    `The annotated video of ${sourceName(source)} could not be written. ${whyNoVideo(exit, fault)}`,
    { at: sourceName(source) },
  );
}

async function encode(
  options: AnnotateOptions & { readonly source: SourceFile },
  audio: AudioPlan | undefined,
): Promise<ToolExit> {
  const { preset = "veryfast", crf = 21, onProgress } = options;
  let written = 0;
  const run = runFfmpeg(annotateArguments({ ...options, preset, crf, audio }), {
    tools: options.tools,
    signal: options.signal,
    deadlineMs: options.deadlineMs,
    memoryBytes: toolMemoryBytes(options.info.width * options.info.height),
    onLine: (line) => {
      const frame = /^frame=\s*(\d+)\s*$/.exec(line);
      if (!frame) return;
      const frames = Number(frame[1]);
      if (frames > written) patience.heard();
      written = Math.max(written, frames);
      onProgress?.(frames);
    },
  });
  let isSilent = false;
  const patience = new Patience(options.tools?.silenceMs ?? SILENCE_MS, () => {
    isSilent = true;
    run.kill();
  });
  const exit = await patience.during(run.exited);
  const name = sourceName(options.source);
  if (isSilent)
    throw new ProblemError("internal", `Annotating ${name} took too long.`, { at: name });
  checkNotKilled(exit, "Annotating", name);
  return exit;
}
