import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FRAME_STORES } from "@framequeue/cli";
import type { Bench } from "../bench.ts";
import { runScript } from "../run-program.ts";

interface Run {
  readonly frames: number;
  readonly detections: number;
  readonly fps: number;
  readonly cpuSeconds: number;
}

const ROUNDS = 5;
const AGAINST = "bare program";
/** Share of the bare program's speed that is required, by where the pixels wait. */
const REQUIRED = { memory: 0.9, file: 0.85, redis: 0.8 } as const;

/** The main job without rendering against the bare program: same video, model and threads, turn by turn. */
export const mainJob: Bench = {
  name: "main-job",
  about: "frames per second of the main job over those of a bare program, for each frame store",
  needs: ["video", "model"],
  async run({ video, model, cells, report }) {
    const args = [resolve(video!), resolve(model!), String(availableParallelism())];
    const bare: Run[] = [];
    const jobs = FRAME_STORES.map((store) => ({ store, runs: [] as Run[] }));
    for (let round = 0; round < (cells ?? ROUNDS); round++) {
      const base = await once("../bare/main.ts", args);
      bare.push(base);
      for (const { store, runs } of jobs) {
        const run = await once("./run.ts", [...args, store]);
        if (run.frames !== base.frames) {
          throw new Error(
            `The bare program saw ${base.frames} frames, the main job ${run.frames}.`,
          );
        }
        runs.push(run);
      }
    }

    const fps = (run: Run): number => run.fps;
    const milliseconds = (run: Run): number => (run.cpuSeconds * 1000) / run.frames;
    let ok = true;
    const figures = (name: string, runs: readonly Run[]): void => {
      for (const [what, unit, of] of [
        ["fps", "frames/s", fps],
        ["cpu", "core-ms/frame", milliseconds],
      ] as const) {
        const measurement = { name: `${name} ${what}`, value: median(runs.map(of)), unit };
        // Round by round: what a machine does to one run it does to its neighbours.
        const value = median(runs.map((run, round) => of(run) / of(bare[round]!)));
        report(
          runs === bare ? measurement : { ...measurement, ratio: { value, against: AGAINST } },
        );
      }
    };
    figures("main-job/bare", bare);
    for (const { store, runs } of jobs) {
      figures(`main-job/${store}`, runs);
      const ratio = median(runs.map((run, round) => fps(run) / fps(bare[round]!)));
      ok &&= ratio >= REQUIRED[store];
    }
    return ok;
  },
};

async function once(script: string, args: readonly string[]): Promise<Run> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return JSON.parse(await runScript(file, args)) as Run;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
