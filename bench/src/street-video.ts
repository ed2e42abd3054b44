import { spawn } from "node:child_process";
import { tiedCommand } from "@framequeue/lifetime";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createScene, rawInputArguments, type Scene, sceneFrames } from "@framequeue/synth";

/** No scene that the bundled detector was trained or measured on; see `training/README.md`. */
const SEED = 1_000_007;

export interface StreetVideo {
  readonly seconds: number;
  readonly fps: number;
  /** Frames from key frame to key frame. */
  readonly gop: number;
}

/**
 * Writes a street with traffic as difficult to cut as videos get: open groups of pictures with B-frames across their
 * borders, and frames at uneven times.
 */
export async function writeStreetVideo(path: string, { seconds, fps, gop }: StreetVideo) {
  const scene = createScene({ seed: SEED, seconds, fps, width: 512, height: 288 });
  await encodeScene(scene, [
    // Every third frame comes late, the one after it later still.
    ...["-vf", "settb=1/1000,setpts=PTS+mod(N\\,3)*11,format=yuv420p"],
    ...["-fps_mode", "passthrough", "-enc_time_base", "1/1000"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-x264-params"],
    `open-gop=1:bframes=3:keyint=${gop}:min-keyint=${gop}:scenecut=0`,
    path,
  ]);
}

/** Draws a scene into a video, which ffmpeg writes as the arguments say. */
export async function encodeScene(scene: Scene, output: readonly string[]): Promise<void> {
  const args = ["-v", "error", "-y", ...rawInputArguments(scene), ...output];
  const tied = tiedCommand("ffmpeg", args);
  const ffmpeg = spawn(tied.program, tied.args, { stdio: ["pipe", "ignore", "inherit"] });
  const exited = once(ffmpeg, "exit") as Promise<[number | null]>;
  await pipeline(Readable.from(sceneFrames(scene)), ffmpeg.stdin);
  const [code] = await exited;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}.`);
}
