import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { ProblemError } from "@framequeue/contracts";
import { faultOfVideo, whyNoVideo } from "../probe/check-video.ts";
import { optionList } from "../ffmpeg/ffmpeg-arguments.ts";
import { runFfmpeg } from "../ffmpeg/ffmpeg.ts";
import type { FfmpegArguments, ToolOptions } from "../ffmpeg/ffmpeg.ts";
import { toolMemoryBytes } from "../ffmpeg/tool-bounds.ts";

export interface VideoFormat {
  /** Pixels; even, because colour is stored at half the size. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** x264's quality, 0 to 51, lower is better; default 21. */
  readonly crf?: number;
  /** x264's preset; default `veryfast`. */
  readonly preset?: string;
  /** Most frames from key frame to key frame; default two seconds. */
  readonly gop?: number;
  /** Threads of the encoder, on which x264's output depends; absent: all cores. */
  readonly threads?: number;
}

export interface WriteVideoOptions extends VideoFormat, ToolOptions {
  /** The MP4 file to write. It is gone again where that fails. */
  readonly output: string;
  /** Frames of `width * height * 3` bytes, rgb24, each in memory of its own. Asked for only as fast as they are encoded. */
  readonly frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Encodes raw frames as H.264 in 8-bit 4:2:0 at a constant rate. The result plays in browsers and starts before it is
 * loaded.
 *
 * @throws RangeError if a frame has the wrong size; whatever `frames` throws; {@link ProblemError} `internal` with
 *   ffmpeg's own words; the signal's reason when it aborts
 */
export async function writeVideo(options: WriteVideoOptions): Promise<void> {
  const { frames, output, signal } = options;
  const frameBytes = options.width * options.height * 3;
  let failure: { readonly error: unknown } | undefined;
  let written = 0;
  const source = Readable.from(guarded());
  const run = runFfmpeg(writeArguments(options, source, output), {
    ...options,
    memoryBytes: toolMemoryBytes(options.width * options.height),
  });

  /** Ends where a frame cannot be had, and takes ffmpeg with it, which would otherwise finish a shorter video. */
  async function* guarded(): AsyncGenerator<Uint8Array> {
    try {
      for await (const frame of frames) {
        if (frame.length !== frameBytes) {
          throw new RangeError(`a frame takes ${frameBytes} bytes, not ${frame.length}`);
        }
        written++;
        yield frame;
      }
    } catch (error) {
      failure = { error };
      run.kill();
    }
  }

  try {
    const exit = await run.exited;
    if (failure) throw failure.error;
    signal?.throwIfAborted();
    const fault = exit.code === 0 ? await faultOfVideo(output, written, options) : undefined;
    if (exit.code !== 0 || fault !== undefined) {
      const said = whyNoVideo(exit, fault);
      throw new ProblemError("internal", `${basename(output)} could not be written. ${said}`, {
        at: basename(output),
      });
    }
  } catch (error) {
    await rm(output, { force: true });
    throw error;
  } finally {
    source.destroy();
  }
}

export function writeArguments(
  format: VideoFormat,
  source: Readable,
  target: string,
): FfmpegArguments {
  const { width, height, fps, crf = 21, preset = "veryfast", threads } = format;
  const gop = format.gop ?? Math.max(1, Math.round(2 * fps));
  return {
    input: optionList(
      ["-loglevel", "level+error", "-f", "rawvideo", "-pix_fmt", "rgb24"],
      ["-video_size", `${width}x${height}`, "-framerate", String(fps)],
    ),
    source,
    output: optionList(
      ["-c:v", "libx264", "-preset", preset, "-crf", String(crf), "-g", String(gop)],
      ["-pix_fmt", "yuv420p"],
      threads === undefined ? [] : ["-threads:v", String(threads)],
      ["-movflags", "+faststart", "-f", "mp4"],
    ),
    target,
  };
}
