import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  acceptJob,
  isTerminal,
  type JobId,
  type JobView,
  type ModelRef,
} from "@framequeue/contracts";
import { testDetector } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { type ChaosSystem, startChaosSystem } from "../chaos/chaos-system.ts";
import { writeClip } from "./clip.ts";

const run = promisify(execFile);
const FRAMES = 75;
/** In the middle of a batch. */
const MARKED = 37;
const NOT_HERE =
  process.arch === "x64" ? false : "only x86-64 answers the model's division with a signal";

async function submit(system: ChaosSystem, path: string, model: ModelRef): Promise<JobId> {
  const source = { kind: "file", path, name: "video" } as const;
  const job = acceptJob({ source, models: [model], render: false });
  await system.pipeline.jobs.submit(job);
  return job.id;
}

async function ended({ pipeline }: ChaosSystem, job: JobId): Promise<JobView> {
  for (;;) {
    const view = (await pipeline.jobs.view(job))!;
    if (isTerminal(view.state)) return view;
    await sleep(50);
  }
}

async function results(system: ChaosSystem, job: JobId): Promise<Record<string, string>> {
  const { artifacts } = (await system.pipeline.jobs.result(job))!;
  const names = ["frames.jsonl", "tracks.jsonl", "mot.txt"] as const;
  const text = async (name: (typeof names)[number]): Promise<string> =>
    (await system.pipeline.objects.get(artifacts[name]!.key)).toString();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await text(name)])));
}

test(
  "a frame that kills its process becomes a gap, and costs no other job anything",
  { skip: NOT_HERE },
  async () => {
    await using resources = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "fq-poison-"));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const healthy = join(folder, "healthy.mp4");
    const marked = join(folder, "marked.mp4");
    await writeClip(healthy, { seconds: FRAMES / 25 });
    await run("ffmpeg", [
      ...["-v", "error", "-i", healthy, "-an", "-c:v", "libx264", "-preset", "veryfast"],
      ...["-vf", `drawbox=color=white:t=fill:enable='eq(n,${MARKED})'`, marked],
    ]);
    const system = resources.use(await startChaosSystem(join(folder, "system"), folder));
    const modelFile = join(folder, "deadly.onnx");
    await writeFile(
      modelFile,
      testDetector({ width: 416, height: 416, batch: 1, diesOnWhite: true }),
    );
    const deadly = await storeModel(system.pipeline.objects, await loadModelPackage(modelFile));

    const calm = await submit(system, healthy, system.model);
    assert.equal((await ended(system, calm)).state, "succeeded");
    const right = await results(system, calm);

    const poisoned = await submit(system, marked, deadly);
    const innocent = new Set<JobId>();
    let view: JobView;
    do {
      // There is always another job beside it.
      const beside = await submit(system, healthy, system.model);
      innocent.add(beside);
      await Promise.race([ended(system, beside), ended(system, poisoned)]);
      view = (await system.pipeline.jobs.view(poisoned))!;
    } while (!isTerminal(view.state));

    assert.equal(view.state, "succeeded_with_warnings", JSON.stringify(view));
    assert.deepEqual(
      view.warnings.map(({ code }) => code),
      ["inference-error"],
    );
    const rows = (await results(system, poisoned))["frames.jsonl"]!.trimEnd().split("\n").slice(1);
    const gaps = rows.map((row) => JSON.parse(row)).filter((row) => "gap" in row);
    assert.deepEqual(gaps, [{ gap: { from: MARKED, to: MARKED, reason: "inference-error" } }]);
    assert.equal(rows.length, FRAMES);
    for (const job of innocent) {
      const beside = await ended(system, job);
      assert.deepEqual([beside.state, beside.warnings], ["succeeded", []]);
      assert.deepEqual(await results(system, job), right);
    }
  },
);
