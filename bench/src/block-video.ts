import { writeFile } from "node:fs/promises";
import { runProgram } from "./run-program.ts";

/** Small, so that an hour of it takes minutes. */
const SIZE = { width: 320, height: 180 } as const;
const FPS = 25;
const MINUTE = 60;

/**
 * A minute of three coloured blocks, which the test detector finds, that walk to and fro; now and then one is hidden, so
 * that tracks end and begin. H.264 with B-frames and a key frame every two seconds.
 */
export async function writeMinute(
  path: string,
  { width, height }: { readonly width: number; readonly height: number } = SIZE,
): Promise<void> {
  const size = `${SIZE.width}x${SIZE.height}`;
  const source = (text: string): string[] => ["-f", "lavfi", "-i", text];
  const block = (colour: string, side: number): string[] =>
    source(`color=c=${colour}:s=${side}x${side}:r=${FPS}:d=${MINUTE}`);
  const walk = (seconds: number, from: number): string =>
    `x=${from}+120*abs(mod(t\\,${seconds})/${seconds / 2}-1)`;
  await runProgram("ffmpeg", [
    ...["-v", "error", "-y"],
    ...source(`color=c=0x101010:s=${size}:r=${FPS}:d=${MINUTE}`),
    ...block("0xff0000", 20),
    ...block("0x00ff00", 24),
    ...block("0x0000ff", 22),
    "-filter_complex",
    `[0][1]overlay=${walk(8, 20)}:y=20:enable='lt(mod(t,20),17)'[a];` +
      `[a][2]overlay=${walk(11, 90)}:y=80:enable='lt(mod(t,15),12)'[b];` +
      `[b][3]overlay=${walk(7, 40)}:y=140,scale=${width}:${height},format=yuv420p[v]`,
    ...["-map", "[v]", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2"],
    ...["-g", String(2 * FPS), "-keyint_min", String(2 * FPS), "-sc_threshold", "0"],
    ...["-movflags", "+faststart", path],
  ]);
}

/** The same minute again and again, without encoding it again. */
export async function repeatMinute(minute: string, minutes: number, path: string): Promise<void> {
  const list = `${path}.txt`;
  await writeFile(list, `file '${minute}'\n`.repeat(minutes));
  await runProgram("ffmpeg", [
    ...["-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", list],
    ...["-c", "copy", "-movflags", "+faststart", path],
  ]);
}
