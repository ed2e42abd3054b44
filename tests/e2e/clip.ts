import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ClipOptions {
  readonly seconds: number;
  readonly fps?: number;
  /** Frames from key frame to key frame. */
  readonly gop?: number;
  readonly size?: string;
}

/**
 * Writes a clip that the test detector understands: a red, a green and a blue block on a dark ground, of which red and
 * green walk to the right and blue to the left, with a tone. H.264 with B-frames.
 */
export async function writeClip(path: string, options: ClipOptions): Promise<void> {
  const { seconds, fps = 25, gop = 25, size = "640x360" } = options;
  const ground = `color=c=0x101010:s=${size}:r=${fps}:d=${seconds}`;
  const block = (colour: string, side: number): string =>
    `color=c=${colour}:s=${side}x${side}:r=${fps}:d=${seconds}`;
  const speed = 440 / seconds;
  await run("ffmpeg", [
    ...["-v", "error", "-y", "-f", "lavfi", "-i", ground],
    ...["-f", "lavfi", "-i", block("0xff0000", 40), "-f", "lavfi", "-i", block("0x00ff00", 48)],
    ...["-f", "lavfi", "-i", block("0x0000ff", 44)],
    ...["-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`],
    "-filter_complex",
    `[0][1]overlay=x=40+${speed}*t:y=30[a];` +
      `[a][2]overlay=x=60+${speed * 0.8}*t:y=150[b];` +
      `[b][3]overlay=x=560-${speed}*t:y=270,format=yuv420p[v]`,
    ...["-map", "[v]", "-map", "4:a", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2"],
    ...["-g", String(gop), "-keyint_min", String(gop), "-sc_threshold", "0"],
    ...["-c:a", "aac", "-movflags", "+faststart", "-t", String(seconds), path],
  ]);
}

/** Frames that one plain sequential decode gives, and the stream's duration in seconds. */
export async function countFrames(path: string): Promise<{ frames: number; seconds: number }> {
  const { stdout } = await run("ffprobe", [
    ...["-v", "error", "-count_frames", "-select_streams", "v:0"],
    ...["-show_entries", "stream=nb_read_frames,duration", "-of", "json", path],
  ]);
  const [stream] = JSON.parse(stdout).streams;
  return { frames: Number(stream.nb_read_frames), seconds: Number(stream.duration) };
}
