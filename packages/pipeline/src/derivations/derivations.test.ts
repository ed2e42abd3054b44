import assert from "node:assert/strict";
import { test } from "node:test";
import { type DerivationTask, newJobId, ProblemError, QUEUE_PREFIX } from "@framequeue/contracts";
import { Worker } from "bullmq";
import { eventually, openTestSite, sampleJob } from "../testing/test-site.ts";
import { createDerivationRunner, type DerivationEvents } from "./derivation-runner.ts";

const taskOf = (job = newJobId(), name = "a".repeat(64)): DerivationTask => ({
  ...{ v: 1, job, name, kind: "format", format: "coco.json", options: { minScore: 0 } },
});
const BYTES = {
  key: "",
  bytes: 3,
  sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
};

test("it is an object or not yet, and asked for twice it is one task", async () => {
  await using site = await openTestSite();
  const { pipeline } = site;
  const { derivations, objects, jobs } = pipeline;
  const job = sampleJob();
  await jobs.submit(job);
  const task = taskOf(job.id);
  assert.equal(await derivations.find(job.id, task.name), undefined);
  for (const _ of [1, 2, 3]) await derivations.ask(task);
  assert.equal((await pipeline.queues.depth("derive")).waiting, 1);
  assert.equal(await derivations.wait(job.id, task.name, 60), undefined);

  const artifact = { ...BYTES, key: `jobs/${job.id}/derived/x/abc` };
  await objects.put(artifact.key, "abc");
  await derivations.keep(task, artifact);
  assert.deepEqual(await derivations.find(job.id, task.name), artifact);
  await objects.put(artifact.key, "abd");
  assert.equal(await derivations.find(job.id, task.name), undefined);
});

test("a task whose worker is gone comes again; one that fails for good tells those who wait why", async () => {
  await using site = await openTestSite();
  const { derivations } = site.pipeline;
  const outcomes: string[] = [];
  const events: DerivationEvents = { onTask: ({ outcome }) => outcomes.push(outcome) };
  await using resources = new AsyncDisposableStack();
  const work = (make: (task: DerivationTask) => Promise<void>) => {
    const pipeline = { ...site.pipeline, lockMs: 300 };
    const runner = createDerivationRunner({ pipeline, concurrency: 1, make, events });
    resources.defer(() => runner.stop(0));
    return runner.start();
  };

  // A worker that takes the task and is never heard of again.
  const task = taskOf();
  await derivations.ask(task);
  const { redis } = site.pipeline;
  const doomed = new Worker("derive", null, {
    ...{ connection: redis, prefix: QUEUE_PREFIX, lockDuration: 300, skipLockRenewal: true },
  });
  resources.defer(() => doomed.close());
  assert.equal((await doomed.getNextJob("doomed"))?.data.name, task.name);

  const made: DerivationTask[] = [];
  await work(async (each) => {
    if (each.name.startsWith("b")) throw new ProblemError("result-damaged", "It is gone.");
    made.push(each);
    if (each.name.startsWith("c") && made.length < 3) throw new ProblemError("store-full", "Full.");
  });
  await eventually("the task came again", async () => made.length === 1);
  assert.deepEqual(made, [task]);

  const hopeless = taskOf(task.job, "b".repeat(64));
  await derivations.ask(hopeless);
  await assert.rejects(derivations.wait(task.job, hopeless.name, 10_000), {
    code: "result-damaged",
    message: "It is gone.",
  });
  await derivations.ask(taskOf(task.job, "c".repeat(64)));
  await eventually("what may get better is tried again", async () => made.length === 3);
  await eventually("nothing is left", async () => {
    const { waiting, active, delayed } = await site.pipeline.queues.depth("derive");
    return waiting + active + delayed === 0;
  });
  assert.ok(
    ["done", "failed", "retry"].every((each) => outcomes.includes(each)),
    `${outcomes}`,
  );
});
