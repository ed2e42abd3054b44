import type { MediaInfo } from "@framequeue/contracts";
import type { FfmpegArguments } from "./ffmpeg.ts";
import { MAX_PIXELS, optionList, sourceGuards } from "./ffmpeg-arguments.ts";
import { slowDownFilter, speedUpFilter } from "./overlay-times.ts";

export interface AudioPlan {
  readonly streamIndex: number;
  /** Whether the sound goes into the result as it is. */
  readonly copy: boolean;
}

export interface AnnotateArguments {
  readonly source: string;
  readonly info: Pick<MediaInfo, "streamIndex" | "timeBase" | "startSeconds">;
  readonly assPath: string;
  readonly output: string;
  /** pts of the first frame. */
  readonly firstPts?: number | undefined;
  readonly audio: AudioPlan | undefined;
  readonly preset: string;
  readonly crf: number;
  readonly threads?: number | undefined;
}

/**
 * One ffmpeg that decodes, draws and encodes. The picture is made 8-bit limited-range 4:2:0 before the overlay, because
 * that is what is encoded, and padded to even sizes after it, because the overlay counts in the source's pixels.
 */
export function annotateArguments(args: AnnotateArguments): FfmpegArguments {
  const { info, audio, threads, firstPts } = args;
  const [numerator, denominator] = info.timeBase;
  // Frames before the container's start would be written, but hidden by an edit list.
  const lead =
    firstPts === undefined ? 0 : (firstPts * numerator) / denominator - info.startSeconds;
  const filters = [
    "scale=out_range=tv",
    "format=yuv420p",
    slowDownFilter(info.timeBase),
    `ass=filename=${escapeFilterValue(args.assPath)}`,
    speedUpFilter(info.timeBase),
    "pad=ceil(iw/2)*2:ceil(ih/2)*2",
  ];
  return {
    input: optionList(
      ["-loglevel", "level+error", "-max_error_rate", "1"],
      ["-progress", "pipe:2", "-stats_period", "0.5"],
      sourceGuards(MAX_PIXELS),
    ),
    source: args.source,
    output: optionList(
      ["-map", `0:${info.streamIndex}`],
      audio ? ["-map", `0:${audio.streamIndex}`] : [],
      ["-map_metadata", "-1", "-map_chapters", "-1"],
      ["-fps_mode", "passthrough", "-enc_time_base:v", info.timeBase.join("/")],
      ["-vf", filters.join(",")],
      ["-c:v", "libx264", "-preset", args.preset, "-crf", String(args.crf), "-pix_fmt", "yuv420p"],
      threads === undefined ? [] : ["-threads:v", String(threads)],
      audio ? (audio.copy ? ["-c:a", "copy"] : ["-c:a", "aac", "-b:a", "128k"]) : [],
      lead < 0 ? ["-output_ts_offset", (-lead).toFixed(6)] : [],
      ["-movflags", "+faststart", "-f", "mp4"],
    ),
    target: args.output,
  };
}

/**
 * Escapes a value for a filter graph, which is parsed twice: once into filters, once into options
 * (ffmpeg-filters(1), "Notes on filtergraph escaping").
 */
export function escapeFilterValue(value: string): string {
  return value.replace(/[\\':]/g, "\\$&").replace(/[\\'[\],; ]/g, "\\$&");
}
