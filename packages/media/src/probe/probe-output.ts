import { ProblemError } from "@framequeue/contracts";
import type { MediaInfo, ProblemCode, Size } from "@framequeue/contracts";
import { MOST_STRETCH } from "./shown-shape.ts";
import type { ContainerFacts } from "../containers/facts.ts";
import { isMovingPicture } from "./described-streams.ts";
import type { DescribedSource, DescribedStream } from "./described-streams.ts";
import { findProtection } from "./protection.ts";
import { describeRefused } from "./source-formats.ts";

/** A fragmented file that does not know its length says so with all bits set. */
const UNKNOWN_DURATION_TICKS = 0xff_ff_ff_ff;

export interface ProbeQuestion {
  readonly maxPixels: number;
  readonly maxSeconds: number;
  /** The video stream that somebody named. */
  readonly stream?: number | undefined;
}

/**
 * Chooses the video stream: the one that was named, else ffmpeg's own choice; never a cover picture that nobody named.
 *
 * @throws {ProblemError} as `probe` does
 */
export function chooseStream(
  name: string,
  source: DescribedSource,
  { maxPixels, stream: wanted }: ProbeQuestion,
): DescribedStream {
  const fail = failWith(name);
  const { streams, format, errors, chosen } = source;
  const said = quote(errors);
  const oversize = errors.find((line) => line.includes("exceeds specified max pixel count"));
  if (oversize !== undefined) {
    const size = /\d+x\d+/.exec(oversize)?.[0] ?? "unknown size";
    return fail("source-too-large", describeOversize(name, size, maxPixels));
  }
  if (!format) {
    const refused = errors
      .map((line) => /^(\w+): Format not on whitelist/.exec(line)?.[1])
      .find((demuxer) => demuxer !== undefined);
    if (refused !== undefined) return fail("source-not-video", describeRefused(name, refused));
    // The file's own name says nothing.
    return errors.some((line) => /encrypt/i.test(line.replaceAll(name, "")))
      ? fail("source-unsupported", `${name} is encrypted.${said}`)
      : fail("source-not-video", `${name} is not a video that can be read.${said}`);
  }
  const moving = streams.filter(isMovingPicture);
  if (wanted !== undefined) {
    const named = streams.find(({ index }) => index === wanted);
    if (named?.codec_type === "video") return named;
    const list = moving.map(describeStream).join(", ");
    return fail(
      "source-no-video-stream",
      `Stream ${wanted} of ${name} is ${named ? `of the kind ${named.codec_type ?? "unknown"}` : "not there"}; its video streams: ${list === "" ? "none" : list}.`,
    );
  }
  const stream = moving.find(({ index }) => index === chosen) ?? moving[0];
  if (stream) return stream;
  const cover = streams.find(({ codec_type: kind }) => kind === "video");
  if (cover) {
    return fail(
      "source-no-video-stream",
      `${name} has no moving pictures: its only picture is a cover, stream ${cover.index}. Name that stream to have it analysed as a video of one frame: ${naming(cover.index)}.`,
    );
  }
  const kinds = [...new Set(streams.map((each) => each.codec_type ?? "unknown"))].join(", ");
  return fail(
    "source-no-video-stream",
    `${name} has no video stream; it has: ${kinds === "" ? "nothing" : kinds}.`,
  );
}

/**
 * Makes sense of what is known of a file and its video stream.
 *
 * @throws {ProblemError} as `probe` does
 */
export function readProbe(
  name: string,
  source: DescribedSource,
  stream: DescribedStream,
  facts: ContainerFacts,
  limits: ProbeQuestion,
): MediaInfo {
  const fail = failWith(name);
  const { streams, errors } = source;
  const format = source.format!;
  const said = quote(errors);
  const moving = streams.filter(isMovingPicture);
  const others = moving.filter((each) => each !== stream).map(describeStream);
  const instead =
    others.length === 0
      ? ""
      : ` Another video stream can be named (${naming("N")}): ${others.join(", ")}.`;
  const protection = facts.protection ?? findProtection(stream, format.tags);
  if (protection !== undefined) {
    const detail = `The video of ${name} is encrypted (${protection}). Decrypt it first; no key can be given here.`;
    return fail("source-unsupported", detail + instead);
  }
  const codec = stream.codec_name;
  if (codec === undefined || codec === "unknown" || codec === "none") {
    const tag = /^[\w-]{4}$/.test(stream.codec_tag_string ?? "")
      ? ` "${stream.codec_tag_string}"`
      : "";
    return fail(
      "source-unsupported",
      `There is no decoder here for the video format${tag} of ${name}.${instead}`,
    );
  }
  const stored = { width: stream.width ?? 0, height: stream.height ?? 0 };
  if (stored.width === 0 || stored.height === 0) {
    return fail("source-damaged", `${name} does not say how large its pictures are.${said}`);
  }
  const rotation = clockwiseRotation(stream);
  const shown = shownSize(stored, rotation, pixelShape(stream.sample_aspect_ratio));
  for (const { width, height } of [stored, shown]) {
    if (width * height <= limits.maxPixels) continue;
    const detail = describeOversize(name, `${width}x${height}`, limits.maxPixels);
    return fail("source-too-large", detail + instead);
  }
  const durationSeconds = statedDuration(stream, format.duration);
  if (durationSeconds > limits.maxSeconds) {
    return fail(
      "source-too-large",
      `${name} is ${Math.round(durationSeconds)} s long; the limit is ${limits.maxSeconds} s.`,
    );
  }
  const timeBase = parseTimeBase(stream.time_base);
  const indexedFrames = format.format_name.split(",").includes("mp4")
    ? Number(stream.nb_frames ?? 0)
    : 0;
  const statedEnd = endOf(source, stream, timeBase, facts.statedSeconds);
  return {
    container: format.format_name,
    codec,
    streamIndex: stream.index,
    width: shown.width,
    height: shown.height,
    rotation,
    timeBase,
    startSeconds: parseSeconds(format.start_time),
    durationSeconds,
    ...(indexedFrames > 0 ? { indexedFrames } : {}),
    ...(statedEnd === undefined ? {} : { statedEnd }),
    ...(facts.cutShort ? { cutShort: true } : {}),
    hasAudio: streams.some((each) => each.codec_type === "audio" && each.codec_name !== undefined),
    ...(moving.length < 2 ? {} : { videoStreams: moving.map(listedStream) }),
  };
}

function failWith(name: string): (code: ProblemCode, detail: string) => never {
  return (code, detail) => {
    throw new ProblemError(code, detail, { at: name });
  };
}

function quote(errors: readonly string[]): string {
  return errors.length === 0 ? "" : ` ffprobe says: ${errors.slice(-3).join("; ")}.`;
}

/** How a stream is named. */
function naming(stream: number | string): string {
  return `--stream ${stream}, over HTTP options.stream`;
}

function listedStream(stream: DescribedStream): NonNullable<MediaInfo["videoStreams"]>[number] {
  const { index, codec_name: codec = "unknown", width = 0, height = 0 } = stream;
  return { index, codec, width, height };
}

/** `1 (h264, 640x360)` */
function describeStream(stream: DescribedStream): string {
  const { index, codec, width, height } = listedStream(stream);
  return `${index} (${codec}, ${width}x${height})`;
}

function describeOversize(name: string, size: string, maxPixels: number): string {
  return `${name} announces pictures of ${size}; the limit is ${maxPixels} pixels.`;
}

function statedDuration(stream: DescribedStream, containerSeconds: string | undefined): number {
  if (isUnknown(stream)) return 0;
  return Math.max(0, parseSeconds(containerSeconds ?? stream.duration));
}

function isUnknown({ duration_ts: ticks = 0 }: DescribedStream): boolean {
  return ticks >= UNKNOWN_DURATION_TICKS;
}

/** Containers that know one length, of all their streams together. */
const ONE_LENGTH = new Set(["asf", "flv"]);

/**
 * Where the container says that the stream ends, in ticks: by the end that Matroska's writers note in a tag, by the stream's
 * own length, or by the container's where nothing but the video can be what it measures.
 */
function endOf(
  { streams, format }: DescribedSource,
  stream: DescribedStream,
  timeBase: MediaInfo["timeBase"],
  statedSeconds = 0,
): number | undefined {
  if (isUnknown(stream)) return undefined;
  const ticks = (seconds: number): number => Math.round((seconds * timeBase[1]) / timeBase[0]);
  const noted = /^(\d+):(\d\d):(\d\d\.\d+)$/.exec(stream.tags?.["DURATION"] ?? "");
  if (noted) return ticks(Number(noted[1]) * 3600 + Number(noted[2]) * 60 + Number(noted[3]));
  const alone = streams.length === 1;
  const all = alone ? ticks(parseSeconds(format?.duration) || statedSeconds) : 0;
  if (ONE_LENGTH.has(format?.format_name ?? "")) return all > 0 ? all : undefined;
  // ffmpeg shortens the length of an AVI file that is cut; its ticks are frames.
  if (format?.format_name === "avi" && stream.nb_frames !== undefined) {
    return Number(stream.nb_frames);
  }
  if (stream.duration_ts === undefined) return undefined;
  const own = (stream.start_pts ?? 0) + stream.duration_ts;
  // A track that begins before 0 for the sake of reordering is stated too short; the whole is given in milliseconds.
  return all - own > ticks(0.002) ? all : own;
}

/**
 * ffprobe gives the angle of the display matrix counterclockwise. ffmpeg turns pictures upright by itself (mirrored ones
 * too) and swaps width and height at 90 and 270 degrees only; other angles leave the size alone.
 */
function clockwiseRotation(stream: DescribedStream): MediaInfo["rotation"] {
  const angle = stream.side_data_list?.find((each) => each.rotation !== undefined)?.rotation ?? 0;
  const clockwise = ((-Math.round(angle) % 360) + 360) % 360;
  return clockwise === 90 || clockwise === 180 || clockwise === 270 ? clockwise : 0;
}

/** Width of a stored pixel over its height; 1 where the header says nothing that can be. */
function pixelShape(text: string | undefined): number {
  const [width, height] = (text ?? "").split(":").map(Number);
  const ratio = width! / height!;
  return ratio >= 1 / MOST_STRETCH && ratio <= MOST_STRETCH ? ratio : 1;
}

/** The size with square pixels, upright. The height of the upright picture stays, as with ffmpeg's `scale=iw*sar:ih`. */
function shownSize(stored: Size, rotation: MediaInfo["rotation"], shape: number): Size {
  const turned = rotation === 90 || rotation === 270;
  const width = turned ? stored.height / shape : stored.width * shape;
  return { width: Math.max(1, Math.round(width)), height: turned ? stored.width : stored.height };
}

function parseSeconds(text: string | undefined): number {
  const seconds = Number(text ?? 0);
  return Number.isFinite(seconds) ? seconds : 0;
}

function parseTimeBase(text: string | undefined): [number, number] {
  const [numerator, denominator] = (text ?? "").split("/").map(Number);
  return numerator && denominator ? [numerator, denominator] : [1, 1000];
}
