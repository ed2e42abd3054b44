import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Size } from "@framequeue/vision";
import type { PlanarFrames } from "../tensors/planar-frames.ts";

/** Real videos and models, which are not part of the repository. */
export const sharedData = join(import.meta.dirname, "../../../../../shared/data");

/** What a test says that needs a file of them and has none; false where it is here. */
export function lacks(file: string): string | false {
  return existsSync(join(sharedData, file)) ? false : `shared/data is not here: no ${file}`;
}

/** Ten clips of different content, and a second in each. */
export const TEN_VIDEOS: readonly (readonly [video: string, second: number])[] = [
  ["people_one_by_one.mp4", 30],
  ["cars_top_down.mp4", 17],
  ["bottles.mp4", 7],
  ["cars_highway.mp4", 1],
  ["dog_and_person.mp4", 4],
  ["marathon_crowd.mkv", 2],
  ["man_walking_antarctica.mp4", 8],
  ["night_street.mp4", 7],
  ["nasa_multistream.mp4", 8],
  ["faces/video_01.mp4", 1],
];

/** Consecutive frames of a video from a second on, scaled as ffmpeg does it for the product. */
export async function videoFrames(
  video: string,
  second: number,
  frames: number,
  size: Size,
): Promise<PlanarFrames> {
  const { stdout } = await promisify(execFile)(
    "ffmpeg",
    [
      ...["-v", "error", "-ss", String(second), "-i", join(sharedData, "videos", video)],
      ...["-map", "0:v:0", "-vf", `scale=${size.width}:${size.height}:flags=bilinear`],
      ...["-fps_mode", "passthrough", "-frames:v", String(frames)],
      ...["-f", "rawvideo", "-pix_fmt", "gbrp", "pipe:1"],
    ],
    { encoding: "buffer", maxBuffer: 1e9 },
  );
  const data = new SharedArrayBuffer(stdout.length);
  new Uint8Array(data).set(stdout);
  const bytes = 3 * size.width * size.height;
  return { data, byteOffset: 0, ...size, layout: "gbrp", frames: stdout.length / bytes };
}

/** The bytes of one frame. */
export function frameBytesOf(
  { data, byteOffset, width, height }: PlanarFrames,
  frame: number,
): Uint8Array {
  const bytes = 3 * width * height;
  return new Uint8Array(data, byteOffset + frame * bytes, bytes);
}

export async function videoSize(video: string): Promise<Size> {
  const { stdout } = await promisify(execFile)("ffprobe", [
    ...["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height"],
    ...["-of", "csv=p=0", join(sharedData, "videos", video)],
  ]);
  const [width, height] = stdout.trim().split("\n")[0]!.split(",").map(Number);
  return { width: width!, height: height! };
}
