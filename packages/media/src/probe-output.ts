import { ProblemError } from "@framequeue/contracts";
import type { MediaInfo, ProblemCode, Size } from "@framequeue/contracts";
import { z } from "zod";
import { MOST_STRETCH } from "./shown-shape.ts";

const streamSchema = z.object({
  index: z.int(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  sample_aspect_ratio: z.string().optional(),
  time_base: z.string().optional(),
  duration: z.string().optional(),
  duration_ts: z.number().optional(),
  nb_frames: z.string().optional(),
  disposition: z.object({ attached_pic: z.int().optional() }).optional(),
  side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
});
type ProbedStream = z.infer<typeof streamSchema>;

const outputSchema = z.object({
  streams: z.array(streamSchema).default([]),
  format: z
    .object({
      format_name: z.string(),
      start_time: z.string().optional(),
      duration: z.string().optional(),
    })
    .optional(),
});

/** A fragmented file that does not know its length says so with all bits set. */
const UNKNOWN_DURATION_TICKS = 0xff_ff_ff_ff;

/**
 * Makes sense of ffprobe's JSON. `errors` are the error lines of the same run.
 *
 * @throws {ProblemError} as `probe` does.
 */
export function readProbe(
  name: string,
  json: string,
  errors: readonly string[],
  limits: { readonly maxPixels: number; readonly maxSeconds: number },
): MediaInfo {
  const fail = (code: ProblemCode, detail: string): never => {
    throw new ProblemError(code, detail, { at: name });
  };
  const said = errors.length === 0 ? "" : ` ffprobe says: ${errors.slice(-3).join("; ")}.`;
  const oversize = errors.find((line) => line.includes("exceeds specified max pixel count"));
  if (oversize !== undefined) {
    const size = /\d+x\d+/.exec(oversize)?.[0] ?? "unknown size";
    return fail("source-too-large", describeOversize(name, size, limits.maxPixels));
  }
  const { streams, format } = outputSchema.parse(parseJson(json));
  if (!format) {
    return errors.some((line) => /encrypt/i.test(line))
      ? fail("source-unsupported", `${name} is encrypted.${said}`)
      : fail("source-not-video", `${name} is not a video that can be read.${said}`);
  }
  const stream = streams.find(isVideo);
  if (!stream) {
    const kinds = [...new Set(streams.map((each) => each.codec_type ?? "unknown"))].join(", ");
    return fail(
      "source-no-video-stream",
      `${name} has no video stream; it has: ${kinds === "" ? "nothing" : kinds}.`,
    );
  }
  if (/^(?:enc[vat]|drm[ip])$/.test(stream.codec_tag_string ?? "")) {
    return fail("source-unsupported", `The video of ${name} is encrypted.`);
  }
  const codec = stream.codec_name;
  if (codec === undefined || codec === "unknown" || codec === "none") {
    const tag = /^[\w-]{4}$/.test(stream.codec_tag_string ?? "")
      ? ` "${stream.codec_tag_string}"`
      : "";
    return fail(
      "source-unsupported",
      `There is no decoder here for the video format${tag} of ${name}.`,
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
    return fail("source-too-large", detail);
  }
  const durationSeconds = statedDuration(stream, format.duration);
  if (durationSeconds > limits.maxSeconds) {
    return fail(
      "source-too-large",
      `${name} is ${Math.round(durationSeconds)} s long; the limit is ${limits.maxSeconds} s.`,
    );
  }
  const indexedFrames = format.format_name.split(",").includes("mp4")
    ? Number(stream.nb_frames ?? 0)
    : 0;
  return {
    container: format.format_name,
    codec,
    streamIndex: stream.index,
    width: shown.width,
    height: shown.height,
    rotation,
    timeBase: parseTimeBase(stream.time_base),
    startSeconds: parseSeconds(format.start_time),
    durationSeconds,
    ...(indexedFrames > 0 ? { indexedFrames } : {}),
    hasAudio: streams.some((each) => each.codec_type === "audio" && each.codec_name !== undefined),
  };
}

/** An ffprobe that fails stops in the middle of its JSON. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

function describeOversize(name: string, size: string, maxPixels: number): string {
  return `${name} announces pictures of ${size}; the limit is ${maxPixels} pixels.`;
}

/** A cover picture is a video stream of one frame; it is not what the user means. */
function isVideo(stream: ProbedStream): boolean {
  return stream.codec_type === "video" && stream.disposition?.attached_pic !== 1;
}

function statedDuration(stream: ProbedStream, containerSeconds: string | undefined): number {
  if ((stream.duration_ts ?? 0) >= UNKNOWN_DURATION_TICKS) return 0;
  return Math.max(0, parseSeconds(containerSeconds ?? stream.duration));
}

/**
 * ffprobe gives the angle of the display matrix counterclockwise. ffmpeg turns pictures upright by itself (mirrored ones
 * too) and swaps width and height at 90 and 270 degrees only; other angles leave the size alone.
 */
function clockwiseRotation(stream: ProbedStream): MediaInfo["rotation"] {
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
