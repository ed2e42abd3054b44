import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { cpuSeconds } from "../cpu-seconds.ts";

/**
 * The best single program for the job that we know: one ffmpeg, inference threads, decoding and NMS; no queue, no
 * storage, no tracking. Usage: main.ts VIDEO MODEL THREADS. Prints one JSON line.
 */
const [video, model, threads] = process.argv.slice(2);
if (video === undefined || model === undefined || threads === undefined) {
  throw new Error("Usage: main.ts VIDEO MODEL THREADS");
}
const INPUT = 416;
const { width: w, height: h } = sizeOf(video);
const ratio = Math.min(INPUT / w, INPUT / h);
const [width, height] = [Math.floor(w * ratio + 1e-9), Math.floor(h * ratio + 1e-9)];
const frameBytes = width * height * 3;
const slots = Number(threads) * 8;
const pixels = new SharedArrayBuffer(slots * frameBytes);
const ring = new Uint8Array(pixels);

const workers = await Promise.all(
  Array.from({ length: Number(threads) }, async () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: { model, pixels, slots, width, height },
    });
    await once(worker, "message");
    return worker;
  }),
);

const cpuBefore = cpuSeconds();
const started = performance.now();
const ffmpeg = spawn(
  "ffmpeg",
  [
    ["-hide_banner", "-nostdin", "-loglevel", "error", "-i", video, "-map", "0:V:0"],
    ["-vf", `scale=${width}:${height}:flags=bilinear,format=gbrp`, "-fps_mode", "passthrough"],
    ["-f", "rawvideo", "pipe:1"],
  ].flat(),
  { stdio: ["ignore", "pipe", "inherit"] },
);

const free = Array.from({ length: slots }, (_, slot) => slot);
const full: number[] = [];
const idle: Worker[] = [...workers, ...workers]; // two frames per thread, so that none waits for a message
let frames = 0;
let detections = 0;
let wake: (() => void) | undefined;

for (const worker of workers) {
  worker.on("message", ({ slot, found }: { slot: number; found: number }) => {
    frames++;
    detections += found;
    free.push(slot);
    idle.push(worker);
    deal();
    wake?.();
  });
}

function deal(): void {
  while (full.length > 0 && idle.length > 0) idle.shift()!.postMessage(full.shift()!);
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
};

let filled = 0;
let slot: number | undefined;
let read = 0;
for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>) {
  for (let at = 0; at < chunk.length;) {
    if (slot === undefined) {
      await until(() => free.length > 0);
      slot = free.shift()!;
    }
    const part = chunk.subarray(at, at + frameBytes - filled);
    ring.set(part, slot * frameBytes + filled);
    filled += part.length;
    at += part.length;
    if (filled === frameBytes) {
      full.push(slot);
      slot = undefined;
      filled = 0;
      read++;
      deal();
    }
  }
}
await until(() => frames === read);
const seconds = (performance.now() - started) / 1000;
await Promise.all(workers.map((worker) => worker.terminate()));
const cpu = cpuSeconds() - cpuBefore;
process.stdout.write(
  `${JSON.stringify({ frames, detections, seconds, fps: frames / seconds, cpuSeconds: cpu })}\n`,
);

function sizeOf(path: string): { width: number; height: number } {
  const probed = spawnSync("ffprobe", [
    ...[
      "-v",
      "error",
      "-select_streams",
      "V:0",
      "-show_entries",
      "stream=width,height",
      "-of",
      "csv=p=0",
    ],
    path,
  ]);
  const [width, height] = probed.stdout.toString().trim().split(",").map(Number);
  return { width: width!, height: height! };
}
