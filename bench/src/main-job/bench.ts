import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, Measurement } from "../bench.ts";

interface Run {
  readonly frames: number;
  readonly detections: number;
  readonly fps: number;
  readonly cpuSeconds: number;
}

const ROUNDS = 5;

/** The main job without rendering against the bare program: same video, model and threads, turn by turn. */
export const mainJob: Bench = {
  name: "main-job",
  about: "frames per second of the main job over those of a bare program",
  needs: ["video", "model"],
  async run({ video, model, report }) {
    const threads = String(availableParallelism());
    const args = [resolve(video!), resolve(model!), threads];
    const runs: { bare: Run; product: Run }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const bare = once("../bare/main.ts", args);
      const product = once("./run.ts", args);
      if (bare.frames !== product.frames) {
        throw new Error(
          `The bare program saw ${bare.frames} frames, the main job ${product.frames}.`,
        );
      }
      runs.push({ bare, product });
    }
    const against = "bare program";
    const fps = (run: Run): number => run.fps;
    const milliseconds = (run: Run): number => (run.cpuSeconds * 1000) / run.frames;
    const measurements: Measurement[] = [
      { name: "main-job/bare fps", value: median(runs.map((r) => fps(r.bare))), unit: "frames/s" },
      {
        name: "main-job/fps",
        value: median(runs.map((r) => fps(r.product))),
        unit: "frames/s",
        ratio: { value: median(runs.map((r) => fps(r.product) / fps(r.bare))), against },
      },
      {
        name: "main-job/bare cpu",
        value: median(runs.map((r) => milliseconds(r.bare))),
        unit: "core-ms/frame",
      },
      {
        name: "main-job/cpu",
        value: median(runs.map((r) => milliseconds(r.product))),
        unit: "core-ms/frame",
        ratio: {
          value: median(runs.map((r) => milliseconds(r.product) / milliseconds(r.bare))),
          against,
        },
      },
    ];
    measurements.forEach(report);
    return true;
  },
};

function once(script: string, args: readonly string[]): Run {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawnSync(process.execPath, [file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.status !== 0) throw new Error(`${script} ended with ${child.status ?? child.signal}.`);
  return JSON.parse(child.stdout.toString()) as Run;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
