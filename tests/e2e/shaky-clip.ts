import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { createRandom } from "@framequeue/synth";

const [WIDTH, HEIGHT] = [320, 192];
/** A red block stands here in the world, and everywhere stand grey ones. */
const RED = [150, 88, 170, 108] as const;

/** A camera in an unsteady hand: from frame to frame it jumps further than the block is wide. */
function* shakyFrames(frames: number): Generator<Uint8Array> {
  const random = createRandom(3, 1);
  const blocks = Array.from({ length: 260 }, () => {
    const [x, y] = [random.integer(-90, 400), random.integer(-90, 270)];
    const level = random.integer(60, 230);
    return { x0: x, y0: y, x1: x + random.integer(6, 30), y1: y + random.integer(6, 30), level };
  });
  for (let frame = 0; frame < frames; frame++) {
    const side = frame % 2 === 0 ? 1 : -1;
    const [left, top] = [side * random.integer(10, 24), side * random.integer(4, 12)];
    const picture = new Uint8Array(WIDTH * HEIGHT * 3).fill(25);
    const paint = (x0: number, y0: number, x1: number, y1: number, colour: readonly number[]) => {
      for (let y = Math.max(0, y0 - top); y < Math.min(HEIGHT, y1 - top); y++) {
        for (let x = Math.max(0, x0 - left); x < Math.min(WIDTH, x1 - left); x++) {
          picture.set(colour, 3 * (y * WIDTH + x));
        }
      }
    };
    for (const { x0, y0, x1, y1, level } of blocks) paint(x0, y0, x1, y1, [level, level, level]);
    paint(RED[0] - 12, RED[1] - 12, RED[2] + 12, RED[3] + 12, [25, 25, 25]);
    paint(...RED, [255, 0, 0]);
    yield picture;
  }
}

/** Writes such a clip, 25 frames per second, with key frames 20 frames apart. */
export async function writeShakyClip(path: string, frames: number): Promise<void> {
  const raw = `${path}.rgb`;
  await writeFile(raw, Buffer.concat([...shakyFrames(frames)]));
  await promisify(execFile)("ffmpeg", [
    ...["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${WIDTH}x${HEIGHT}`],
    ...["-r", "25", "-i", raw, "-c:v", "libx264", "-preset", "veryfast", "-g", "20"],
    ...["-pix_fmt", "yuv420p", path],
  ]);
  await rm(raw);
}
