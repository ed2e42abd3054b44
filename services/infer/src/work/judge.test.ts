import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { acceptJob, type ModelRef, newToken } from "@framequeue/contracts";
import { createMemoryFrameStore } from "@framequeue/frames";
import { type Breach, RunBroke, RunGivenUp } from "@framequeue/models";
import { checkStanding, openPipeline } from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { judge, type JudgedWork } from "./judge.ts";

const model: ModelRef = {
  ...{ role: "detector", name: "yard", version: "1" },
  sha256: "1".repeat(64),
};

async function openScene() {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-judge-"));
  resources.defer(() => rm(folder, { recursive: true }));
  const redis = resources.use(await startRedisServer());
  const pipeline = resources.use(
    openPipeline({
      ...{ redisUrl: redis.url, site: "here", frameBudgetBytes: 1e6 },
      objects: createFolderStore(folder),
      frames: createMemoryFrameStore(),
    }),
  );
  const told: string[] = [];
  const deps = {
    ...pipeline,
    judged: new WeakSet<RunBroke>(),
    onBroke: (_breach: Breach<ModelRef>, { work }: JudgedWork, verdict: string) =>
      void told.push(`${work} ${verdict}`),
  };
  const held = resources.move();
  return {
    ...{ pipeline, deps, told },
    async work(batch: string): Promise<JudgedWork> {
      const source = { kind: "file", path: "/videos/street.mp4", name: "street.mp4" } as const;
      const job = acceptJob({ source, models: [model], render: false });
      const { id } = job;
      await pipeline.jobs.submit(job);
      const epoch = newToken();
      await pipeline.ledger.validate(id);
      await pipeline.ledger.plan(id, epoch, {
        ...{ mode: "sequential", segments: 1, window: 2, openSegments: 1, attempts: 3 },
        ...{ enhance: false, steps: ["index", "finalize"], total: 4 },
      });
      return { job: id, epoch, work: batch };
    },
    standing: ({ job, work }: JudgedWork) => checkStanding(pipeline, [model], job, work),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const breach = (isCertain: boolean): Breach<ModelRef> => ({
  ...{ model, bound: "memory", limit: 2e9, isCertain },
});

test("a run counts once, whoever hears of it; the second ends the job and puts the version into quarantine", async () => {
  await using scene = await openScene();
  const { deps, told } = scene;
  const [own, beside] = [await scene.work("0.1"), await scene.work("0.2")];
  const first = new RunBroke(breach(true));
  const answers = [
    await judge(deps, first, own),
    await judge(deps, first, beside),
    await judge(deps, new RunGivenUp(breach(true)), beside),
  ];
  assert.deepEqual(
    answers.map(({ code }) => code),
    ["shutting-down", "shutting-down", "shutting-down"],
  );
  assert.deepEqual(told, ["0.1 again"]);
  assert.deepEqual(await scene.standing(own), { isSuspect: false });

  const second = await judge(deps, new RunBroke(breach(true)), own);
  assert.equal(second.code, "model-quarantined");
  assert.deepEqual(told, ["0.1 again", "0.1 quarantined"]);
  const view = await scene.pipeline.jobs.view(own.job);
  assert.deepEqual([view?.state, view?.problem?.code], ["failed", "model-quarantined"]);
  assert.equal((await scene.pipeline.jobs.view(beside.job))?.state, "running");
  await assert.rejects(scene.standing(beside), { code: "model-quarantined" });
});

test("where several ran as memory grew, none is struck, and each runs alone the next time", async () => {
  await using scene = await openScene();
  const { deps, told } = scene;
  const [own, beside, other] = [
    await scene.work("0.1"),
    await scene.work("0.2"),
    await scene.work("0.3"),
  ];
  await judge(deps, new RunBroke(breach(false)), own);
  await judge(deps, new RunGivenUp(breach(false)), beside);
  assert.deepEqual(told, []);
  const standings = [
    await scene.standing(own),
    await scene.standing(beside),
    await scene.standing(other),
  ];
  assert.deepEqual(
    standings.map(({ isSuspect }) => isSuspect),
    [true, true, false],
  );
});
