import type { MediaInfo, PixelLayout, Segment, Size } from "@framequeue/contracts";
import type { FfmpegArguments, FfprobeArguments } from "./ffmpeg.ts";
import type { SampledPlaces } from "../decode/sampling.ts";
import { fitFilters } from "../probe/shown-shape.ts";
import type { SourceFile } from "../probe/source-file.ts";

import { DEMUXERS } from "../probe/source-formats.ts";
import { MOST_STREAMS } from "./tool-bounds.ts";

/** More pixels than this in one picture are refused: 8192 × 8192. */
export const MAX_PIXELS = 8192 * 8192;

/** `-key value` pairs as one flat list. */
export function optionList(...groups: readonly (readonly string[])[]): string[] {
  return groups.flat();
}

/** What an input may be: a local file in a known container, its streams and pictures bounded. */
export function sourceGuards(maxPixels: number): string[] {
  return optionList(
    ["-protocol_whitelist", "file,subfile"],
    ["-format_whitelist", DEMUXERS],
    ["-max_streams", String(MOST_STREAMS)],
    // Decoders count pixels with their padding; the exact limit is checked on the size in the header.
    ["-max_pixels", String(Math.ceil(maxPixels * 1.1))],
  );
}

/**
 * How every pass that decodes reads a source, so that the same frame is the same picture at the same time to all of them:
 * times as the file has them, also where its clock jumps (`-copyts`); every frame, however damaged, because what is lost
 * is counted here (`-max_error_rate`); pictures that do not depend on what the processor can do (`-flags bitexact`: of
 * codecs such as MPEG-4 Part 2 and WMV the transform is not laid down to the bit).
 *
 * @param threads of the decoder; absent: ffmpeg's own choice, which is all cores
 */
export function decodingRules(threads: number | undefined): string[] {
  return optionList(
    ["-max_error_rate", "1", "-copyts", "-flags", "bitexact"],
    sourceGuards(MAX_PIXELS),
    threads === undefined ? [] : ["-threads", String(threads)],
  );
}

/** Everything that ffprobe knows of a file, as one JSON object. */
export function probeArguments(source: SourceFile, maxPixels: number): FfprobeArguments {
  return {
    options: optionList(["-hide_banner", "-loglevel", "level+error"], sourceGuards(maxPixels), [
      "-show_format",
      "-show_streams",
      "-of",
      "json",
    ]),
    source,
  };
}

/** One line per packet of a stream, without decoding: pts, dts and duration in ticks, size in bytes, flags. */
export function packetArguments(source: SourceFile, streamIndex: number): FfprobeArguments {
  return {
    options: optionList(
      ["-hide_banner", "-loglevel", "level+error"],
      sourceGuards(MAX_PIXELS),
      ["-select_streams", String(streamIndex)],
      ["-show_entries", "packet=pts,dts,duration,size,flags", "-of", "csv=p=0"],
    ),
    source,
  };
}

/**
 * The packets of a video stream as text on stdout, and ffmpeg's description of the input on stderr. Opens no decoder.
 *
 * @param take the stream, absent: ffmpeg's own choice; and how many packets, absent: all
 */
export function copyArguments(
  source: SourceFile,
  maxPixels: number,
  take: { readonly stream?: number | undefined; readonly packets?: number },
): FfmpegArguments {
  return {
    input: optionList(["-loglevel", "level+info", "-copyts"], sourceGuards(maxPixels)),
    source,
    output: optionList(
      take.stream === undefined ? ["-an", "-sn", "-dn"] : ["-map", `0:${take.stream}`],
      // Packets before the first key frame, too.
      ["-c", "copy", "-copyinkf"],
      take.packets === undefined ? [] : ["-frames:v", String(take.packets)],
      ["-f", "framecrc"],
    ),
  };
}

/** Opens the decoder of a stream, and ends. */
export function openingArguments(source: SourceFile, stream: number): FfmpegArguments {
  return {
    input: optionList(["-loglevel", "level+error"], sourceGuards(MAX_PIXELS)),
    source,
    output: optionList(["-map", `0:${stream}`, "-t", "0", "-f", "null"]),
  };
}

export interface DecodeArguments {
  readonly source: SourceFile;
  readonly info: Pick<MediaInfo, "streamIndex" | "timeBase" | "startSeconds" | "width" | "height">;
  readonly segment: Segment;
  /** Size that frames are scaled to. */
  readonly frame: Size;
  readonly layout: PixelLayout;
  /** Threads of the decoder; absent: ffmpeg's own choice. */
  readonly threads?: number | undefined;
  /** Only these frames of the segment, from 0, lowest first; absent: all. */
  readonly only?: readonly number[] | undefined;
  /** Only these frames come out, but the pts of every frame is told. Not beside `only`. */
  readonly sampled?: SampledPlaces | undefined;
}

/**
 * Raw frames on stdout, and for each a `showinfo` line on stderr with its pts and the shape that it has in the file.
 * `-fps_mode drop` keeps every frame and drops the times: they have been told, and a frame whose time does not rise would
 * be an error of the output. For planar RGB, `accurate_rnd` and `full_chroma_int` change no
 * byte of what plain bilinear gives.
 */
export function decodeArguments(args: DecodeArguments): FfmpegArguments {
  const { info, segment, frame, layout, threads, only, sampled } = args;
  const { startPts } = segment;
  // Behind the last frame that is wanted ffmpeg has nothing to do.
  const frames =
    only?.length ?? sampled?.count ?? (startPts === undefined ? undefined : segment.frames);
  const told = "showinfo=checksum=0";
  const filters = [
    ...(only === undefined ? [] : [selectFilter(placesCondition(only))]),
    told,
    // What nobody wants is not scaled.
    ...(sampled === undefined ? [] : [selectFilter(sampled.condition)]),
    ...fitFilters(info, frame, { flags: "bilinear", format: layout }),
  ];
  return {
    input: optionList(
      ["-loglevel", "level+info"],
      decodingRules(threads),
      startPts === undefined
        ? []
        : ["-ss", seekSeconds(startPts, info.timeBase, info.startSeconds)],
    ),
    source: args.source,
    output: optionList(
      ["-map", `0:${info.streamIndex}`, "-fps_mode", "drop"],
      ["-vf", filters.join(",")],
      frames === undefined ? [] : ["-frames:v", String(frames)],
      ["-f", "rawvideo"],
    ),
  };
}

function selectFilter(condition: string): string {
  return `select='${condition}'`;
}

function placesCondition(places: readonly number[]): string {
  return places.map((n) => `eq(n,${n})`).join("+");
}

/**
 * The argument of `-ss` for a pts. It counts from where the container starts, in microseconds, rounded up: a
 * microsecond before a key frame would seek to the key frame before that.
 */
export function seekSeconds(
  pts: number,
  [numerator, denominator]: readonly [number, number],
  startSeconds: number,
): string {
  const ticks = BigInt(pts) * BigInt(numerator) * 1_000_000n;
  const whole = ticks / BigInt(denominator);
  const exact = ticks % BigInt(denominator) === 0n || ticks < 0n;
  const micros = (exact ? whole : whole + 1n) - BigInt(Math.round(startSeconds * 1e6));
  const clamped = micros < 0n ? 0n : micros;
  return `${clamped / 1_000_000n}.${String(clamped % 1_000_000n).padStart(6, "0")}`;
}
