import type { MediaInfo } from "@framequeue/contracts";
import type { FfmpegArguments } from "../ffmpeg/ffmpeg.ts";
import { decodingRules, optionList } from "../ffmpeg/ffmpeg-arguments.ts";
import type { FrameClock } from "../decode/frame-clock.ts";
import { slowDownFilter, slowdownOf, speedUpFilter } from "../overlay/overlay-times.ts";
import { fitFilters } from "../probe/shown-shape.ts";
import type { SourceFile } from "../probe/source-file.ts";

export interface AudioPlan {
  readonly streamIndex: number;
  /** Whether the sound goes into the result as it is. */
  readonly copy: boolean;
}

export interface AnnotateArguments {
  readonly source: SourceFile;
  readonly info: Pick<
    MediaInfo,
    "streamIndex" | "timeBase" | "startSeconds" | "width" | "height" | "rotation"
  >;
  /** Of every frame that decodes. */
  readonly clock: FrameClock;
  /** How long the last picture is shown, in ticks; absent: as long as the one before. */
  readonly lastTicks?: number | undefined;
  /** Whether pictures change their shape on the way. */
  readonly isReshaped?: boolean | undefined;
  readonly assPath: string;
  readonly output: string;
  readonly audio: AudioPlan | undefined;
  readonly preset: string;
  readonly crf: number;
  /** Threads of the decoder; absent: all cores. */
  readonly decoderThreads?: number | undefined;
  readonly threads?: number | undefined;
}

/**
 * One ffmpeg that decodes, draws and encodes. The picture is made 8-bit limited-range 4:2:0 and brought to the shape in
 * which it is shown before the overlay, which counts in those pixels, and padded to even sizes after it.
 */
export function annotateArguments(args: AnnotateArguments): FfmpegArguments {
  const { info, clock, audio, threads } = args;
  const { timeBase } = info;
  const slowdown = slowdownOf(clock);
  // Frames before the container's start would be written, but hidden by an edit list.
  const lead = (clock.at(0) * timeBase[0]) / timeBase[1] - info.startSeconds;
  const frames = clock.ticks.length;
  const startTicks = Math.round((info.startSeconds * timeBase[1]) / timeBase[0]);
  const end = clock.at(frames - 1) + Math.round(args.lastTicks ?? clock.lastStep) - startTicks;
  const filters = [
    ...pictureFilters(args),
    slowDownFilter(timeBase, slowdown),
    `ass=filename=${escapeFilterValue(args.assPath)}`,
    speedUpFilter(timeBase, slowdown),
    "setsar=1",
    "pad=ceil(iw/2)*2:ceil(ih/2)*2",
  ];
  return {
    input: optionList(
      ["-loglevel", "level+error", "-progress", "pipe:2", "-stats_period", "0.5"],
      // The container's start is the start of the result.
      ["-start_at_zero"],
      decodingRules(args.decoderThreads),
      keepsFilters(args) ? ["-reinit_filter", "0", "-noautorotate"] : [],
    ),
    source: args.source,
    output: optionList(
      ["-map", `0:${info.streamIndex}`],
      audio ? ["-map", `0:${audio.streamIndex}`] : [],
      ["-map_metadata", "-1", "-map_chapters", "-1"],
      // Whatever it was in the source: an MP4 cannot hold a cover of this kind, nor be played where nothing is the default.
      ["-disposition:v", "default"],
      ["-fps_mode", "passthrough", "-enc_time_base:v", timeBase.join("/")],
      ["-vf", filters.join(",")],
      ["-c:v", "libx264", "-preset", args.preset, "-crf", String(args.crf), "-pix_fmt", "yuv420p"],
      threads === undefined ? [] : ["-threads:v", String(threads)],
      // Encoders do not say how long the last picture lasts.
      ["-bsf:v", lastDurationFilter(frames, end)],
      audio ? (audio.copy ? ["-c:a", "copy"] : ["-c:a", "aac", "-b:a", "128k"]) : [],
      lead < 0 ? ["-output_ts_offset", (-lead).toFixed(6)] : [],
      ["-movflags", "+faststart", "-f", "mp4"],
    ),
    target: args.output,
  };
}

/** The video ends at that tick: its last packet, which may not be the one that is shown last, lasts until then. */
function lastDurationFilter(frames: number, end: number): string {
  return `setts=pts=PTS:dts=DTS:duration='if(eq(N,${frames - 1}),max(1,${end}-PTS),DURATION)'`;
}

/**
 * Whether ffmpeg is to keep its filters where the pictures change their shape. It would set them up anew, and one that
 * was set up anew does not know how far the clock was set back before.
 */
function keepsFilters({ clock, isReshaped = false }: AnnotateArguments): boolean {
  return isReshaped && clock.restarts > 0;
}

function pictureFilters(args: AnnotateArguments): string[] {
  const { info } = args;
  const isKept = keepsFilters(args);
  const options = { format: "yuv420p", range: "tv", isKept } as const;
  const { rotation } = info;
  if (!isKept || rotation === 0) return fitFilters(info, info, options);
  // The filters that turn pictures upright rely on one size: here they come behind those that make it.
  const turned = rotation !== 180;
  const stored = turned ? { width: info.height, height: info.width } : info;
  const turn = { 90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock" }[rotation];
  return [...fitFilters(stored, stored, options), turn];
}

/**
 * Escapes a value for a filter graph, which is parsed twice: once into filters, once into options
 * (ffmpeg-filters(1), "Notes on filtergraph escaping").
 */
export function escapeFilterValue(value: string): string {
  return value.replace(/[\\':]/g, "\\$&").replace(/[\\'[\],; ]/g, "\\$&");
}
