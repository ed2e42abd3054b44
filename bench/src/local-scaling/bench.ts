import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, BenchInput } from "../bench.ts";
import { plot } from "../autoscale/plot.ts";
import { repeatMinute, writeMinute } from "../block-video.ts";
import { type StartedSystem, startSystem } from "../memory/started-system.ts";

const MODEL = resolve(import.meta.dirname, "../../../models/starter-detector/model.onnx");
const JOBS = 4;
const MOST = 3;
const LOOK_MS = 1_000;

/** What was seen at one moment. */
interface Look {
  readonly seconds: number;
  readonly processes: number;
  readonly framesLeft: number;
}

/** `npm start` with a range of infer processes, a burst of jobs, and nothing after them. */
export const localScaling: Bench = {
  name: "local-scaling",
  about: "infer processes of npm start over a burst of jobs: none, up, drained, none",
  needs: [],
  async run({ print, plots }) {
    const folder = await mkdtemp(join(tmpdir(), "fq-local-scaling-"));
    try {
      const minute = join(folder, "minute.mp4");
      await writeMinute(minute, { width: 512, height: 288 });
      const video = join(folder, "video.mp4");
      await repeatMinute(minute, 1, video);
      const looks = await burst(folder, video, print);
      const highest = Math.max(...looks.map(({ processes }) => processes));
      const ends = looks.at(-1)!.processes;
      print(
        { bench: "local-scaling", highest, ends },
        `most ${highest} processes, ${ends} at the end`,
      );
      if (plots !== undefined) {
        await mkdir(plots, { recursive: true });
        await writeFile(join(plots, "local-scaling.svg"), picture(looks));
      }
      return highest > 1 && ends === 0;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function burst(folder: string, video: string, print: BenchInput["print"]): Promise<Look[]> {
  await using system = await startSystem(folder, MODEL, {
    args: ["--infer-processes", `0-${MOST}`],
    env: {
      FQ_SOURCE_ROOTS: folder,
      FQ_SCALE_DRAIN_SECONDS: "20",
      FQ_SCALE_DOWN_SECONDS: "15",
      FQ_INFER_WORKERS: "1",
    },
  });
  const started = performance.now();
  const looks: Look[] = [];
  let done = false;
  const watching = (async () => {
    for (let last = ""; ; await sleep(LOOK_MS)) {
      const look = await lookAt(system, (performance.now() - started) / 1000);
      if (look === undefined) continue;
      looks.push(look);
      const now = `${look.processes} processes`;
      if (now !== last) {
        print(
          { bench: "local-scaling", ...look },
          `${look.seconds.toFixed(0).padStart(5)} s  ${now}, ${look.framesLeft} frames left`,
        );
      }
      last = now;
      if (done && look.processes === 0) return;
    }
  })();
  const results = await Promise.all(Array.from({ length: JOBS }, () => system.run(video)));
  done = true;
  await watching;
  for (const { state } of results)
    if (state !== "succeeded") throw new Error(`A job ended ${state}.`);
  return looks;
}

/** Undefined where a process went while it was asked. */
async function lookAt(system: StartedSystem, seconds: number): Promise<Look | undefined> {
  try {
    const health = await system.health();
    const answer = await fetch(`${health["ingest"]}/metrics`);
    const text = await answer.text();
    const left = /^fq_frames_left\{stage="infer"\} (\S+)$/m.exec(text)?.[1];
    if (left === undefined) return undefined;
    const processes = Object.keys(health).filter((name) => name.startsWith("infer")).length;
    return { seconds, processes, framesLeft: Math.round(Number(left)) };
  } catch {
    return undefined;
  }
}

function picture(looks: readonly Look[]): string {
  const most = Math.max(...looks.map(({ framesLeft }) => framesLeft));
  return plot(
    `npm start -- --infer-processes 0-${MOST}: ${JOBS} jobs at once`,
    { title: "seconds", least: 0, most: Math.ceil(looks.at(-1)!.seconds) },
    { title: "infer processes", least: 0, most: MOST + 1 },
    [
      { name: "processes", points: looks.map((look) => [look.seconds, look.processes]) },
      {
        name: `frames left, of ${most}`,
        points: looks.map((look) => [look.seconds, (look.framesLeft / most) * MOST]),
      },
    ],
  );
}
