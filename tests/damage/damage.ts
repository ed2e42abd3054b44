import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Of a transport stream; network cameras send seven in a datagram. */
const PACKET = 188;
const DATAGRAM = 7 * PACKET;

/** What can happen to a video. Each takes a short intact MP4 and leaves a damaged file. */
export const DAMAGES = { dropped, flipped, cut, joined } as const;
export type Damage = keyof typeof DAMAGES;

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A stream over a network that loses 3 % of its datagrams. */
async function dropped(video: string, folder: string, seed: number): Promise<string> {
  const bytes = await readFile(await remux(video, join(folder, "whole.ts")));
  const random = randomFrom(seed);
  const datagrams = Array.from({ length: Math.ceil(bytes.length / DATAGRAM) }, (_, i) =>
    bytes.subarray(i * DATAGRAM, (i + 1) * DATAGRAM),
  );
  const kept = datagrams.filter((_, i) => i < 3 || random() >= 0.03);
  return await write(folder, "dropped.ts", Buffer.concat(kept));
}

/** A disk that gives back other bits: one byte in twenty thousand behind the first eighth. */
async function flipped(video: string, folder: string, seed: number): Promise<string> {
  const bytes = await readFile(await remux(video, join(folder, "whole.mkv")));
  const random = randomFrom(seed);
  const from = bytes.length >> 3;
  const times = Math.max(8, Math.round(bytes.length / 20_000));
  for (let i = 0; i < times; i++) {
    const at = from + Math.floor(random() * (bytes.length - from));
    bytes[at]! ^= 1 + Math.floor(random() * 255);
  }
  return await write(folder, "flipped.mkv", bytes);
}

/** A copy that was broken off. */
async function cut(video: string, folder: string): Promise<string> {
  const whole = await remux(video, join(folder, "whole.mp4"), "-movflags", "+faststart");
  const bytes = await readFile(whole);
  return await write(folder, "cut.mp4", bytes.subarray(0, Math.floor(bytes.length * 0.6)));
}

/** Two recordings in one file, the second with an earlier clock and without its beginning. */
async function joined(video: string, folder: string): Promise<string> {
  const late = await remux(video, join(folder, "late.ts"), "-output_ts_offset", "60");
  const early = await readFile(await remux(video, join(folder, "whole.ts")));
  const from = Math.floor(early.length / 4 / PACKET) * PACKET;
  const parts = [await readFile(late), early.subarray(0, 3 * PACKET), early.subarray(from)];
  return await write(folder, "joined.ts", Buffer.concat(parts));
}

/** The first seconds of a video as an MP4 with H.264, which every damage can be done to. */
export async function excerpt(video: string, seconds: number, target: string): Promise<void> {
  await run("ffmpeg", [
    ...["-v", "error", "-nostdin", "-y", "-i", video, "-t", String(seconds), "-an"],
    ...["-vf", "scale='min(640,iw)':-2,format=yuv420p", "-c:v", "libx264", "-preset", "veryfast"],
    ...["-g", "15", "-bf", "2", target],
  ]);
}

async function remux(source: string, target: string, ...options: string[]): Promise<string> {
  const copied = ["-v", "error", "-nostdin", "-y", "-i", source, "-c", "copy"];
  await run("ffmpeg", [...copied, ...options, target]);
  return target;
}

async function write(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}
