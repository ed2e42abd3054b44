import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import {
  type JobId,
  newJobId,
  ProblemError,
  QUEUE_PREFIX,
  type TrackMessage,
} from "@framequeue/contracts";
import { Queue, Worker } from "bullmq";
import { PLAN } from "../testing/ledger-driver.ts";
import { NotWanted } from "./job-watch.ts";
import { payloadOf } from "../protocol/payloads.ts";
import {
  createStageRunner,
  type Handler,
  type StageEvents,
  type StageRunnerOptions,
} from "./stage-runner.ts";
import { Later } from "../protocol/task-context.ts";
import { taskId } from "./task-queues.ts";
import type { StageRunner } from "./worker-life.ts";
import {
  eventually,
  openTestSite,
  sampleJob,
  samplePixels,
  type TestSite,
} from "../testing/test-site.ts";

let site: TestSite;
before(async () => {
  site = await openTestSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pipeline.redis.flushall());

/**
 * Short, since a dead process's task comes back after two of these. A busy machine may let a living one's lock run out
 * too, so the tests that use it allow further deliveries.
 */
const LOCK_MS = 50;

type Report = Parameters<NonNullable<StageEvents["onTask"]>>[0];

/** A runner of the track queue that remembers what it reported. */
class Bench implements AsyncDisposable {
  readonly outcomes: string[] = [];
  readonly errors: unknown[] = [];
  readonly queueErrors: string[] = [];
  readonly runner: StageRunner;

  constructor(handler: Handler<"track">, options: Partial<StageRunnerOptions<"track">> = {}) {
    this.runner = createStageRunner({
      queue: "track",
      handlers: { track: handler },
      concurrency: 1,
      pipeline: site.pipeline,
      backoffMs: () => 1,
      events: {
        onTask: ({ outcome, error }: Report) => {
          this.outcomes.push(outcome);
          if (error !== undefined) this.errors.push(error);
        },
        onQueueError: ({ message }) => this.queueErrors.push(message),
      },
      ...options,
    });
  }

  static async start(
    handler: Handler<"track">,
    options: Partial<StageRunnerOptions<"track">> = {},
  ): Promise<Bench> {
    const bench = new Bench(handler, options);
    await bench.runner.start();
    return bench;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.runner.stop(0);
  }
}

const trackMessage = (job: JobId, q = 1): TrackMessage => ({
  v: 1,
  stage: "track",
  job,
  epoch: "ep",
  q,
});

/** Keys of single tasks; those of the queue as a whole have no digit. */
const taskKeys = (stage = "track"): Promise<string[]> =>
  site.pipeline.redis.keys(`${QUEUE_PREFIX}:${stage}:*[0-9]*`);
const noTaskIsLeft = (): Promise<void> =>
  eventually("no task is left", async () => (await taskKeys()).length === 0);

/** A job that the ledger and the object store know. */
async function acceptJob(): Promise<JobId> {
  const job = sampleJob();
  await site.pipeline.jobs.submit(job);
  return job.id;
}

/** A task in the state in which a process leaves it that dies at once after taking it. */
async function takeAndDie(): Promise<void> {
  const dead = new Worker("track", null, {
    connection: site.pipeline.redis,
    prefix: QUEUE_PREFIX,
    lockDuration: 1,
  });
  assert.ok(await dead.getNextJob("dead"));
  await dead.close();
}

async function sendRaw(name: string, data: unknown): Promise<void> {
  const queue = new Queue("track", { connection: site.pipeline.redis, prefix: QUEUE_PREFIX });
  await queue.add(name, data, {
    jobId: "raw-1",
    removeOnComplete: true,
    removeOnFail: true,
    attempts: 1_000_000,
    backoff: { type: "ledger" },
  });
  await queue.close();
}

test("a message is handled once and leaves nothing", async () => {
  const job = await acceptJob();
  const seen: unknown[] = [];
  const { queues } = site.pipeline;
  await using bench = await Bench.start(async (message, { delivery }) => {
    seen.push([message, delivery]);
    await queues.add(message); // swallowed: its task is at work
  });
  await queues.add(trackMessage(job));
  await eventually("handled", async () => bench.outcomes.length > 0);
  await noTaskIsLeft();
  assert.deepEqual(seen, [[trackMessage(job), `track-${job}-ep-1#1`]]);
  assert.deepEqual([bench.outcomes, bench.queueErrors], [["done"], []]);
});

test("what waits for a store is tried again after a while, and no attempt counts", async () => {
  const job = await acceptJob();
  const waits: number[] = [];
  let attempt = 0;
  await using bench = await Bench.start(
    async () => {
      if (++attempt < 3) throw new ProblemError("store-unavailable", `attempt ${attempt}`);
    },
    { backoffMs: (failed) => waits.push(failed), maxAttempts: 1 },
  );
  await site.pipeline.queues.add(trackMessage(job));
  await eventually("done", async () => bench.outcomes.includes("done"));
  await noTaskIsLeft();
  assert.deepEqual(
    [bench.outcomes, waits],
    [
      ["waits", "waits", "done"],
      [1, 2],
    ],
  );
  assert.equal((await site.pipeline.jobs.view(job))!.state, "queued");
});

test("work that nobody wants any more is aborted, and its task ends", async () => {
  const { jobs, ledger, queues } = site.pipeline;
  const [cancelled, moved, wanted] = [await acceptJob(), await acceptJob(), await acceptJob()];
  for (const job of [cancelled, moved, wanted]) await ledger.plan(job, "ep", PLAN);
  const reasons: unknown[] = [];
  const entered = new Set<JobId>();
  const othersEnded = Promise.withResolvers<void>();
  await using bench = await Bench.start(
    async ({ job }, { signal }) => {
      entered.add(job);
      if (job === wanted) {
        // The look that finds the others unwanted looks at this one too.
        await othersEnded.promise;
        signal.throwIfAborted();
        return;
      }
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(signal.reason as Error);
        });
      });
    },
    { concurrency: 3 },
  );
  for (const job of [cancelled, moved, wanted]) await queues.add(trackMessage(job));
  await eventually("all run", async () => entered.size === 3);
  await jobs.cancel(cancelled);
  await ledger.segBegin(moved, "ep", 0, "lease", "by");
  assert.equal((await ledger.fallback(moved, "ep", 0, "lease", "ep2", 0)).a, "ok");
  await eventually("two are aborted", async () => bench.outcomes.length === 2);
  othersEnded.resolve();
  await noTaskIsLeft();
  assert.deepEqual(bench.outcomes, ["unwanted", "unwanted", "done"]);
  assert.ok(reasons.every((reason) => reason instanceof NotWanted));
});

test("a task that is tried for days does not gather stack traces", async () => {
  const job = await acceptJob();
  await using bench = await Bench.start(() => Promise.reject(new Error("no")));
  await site.pipeline.queues.add(trackMessage(job));
  await eventually("tried", async () => bench.outcomes.length >= 3);
  const key = `${QUEUE_PREFIX}:track:${taskId(trackMessage(job))}`;
  const trace = await site.pipeline.redis.hget(key, "stacktrace");
  assert.equal(JSON.parse(trace!).length, 1);
});

test("an error that cannot pass fails the job", async () => {
  const job = await acceptJob();
  await site.pipeline.ledger.plan(job, "ep", PLAN);
  await using bench = await Bench.start(() =>
    Promise.reject(new ProblemError("source-damaged", "No frame decodes.", { at: "source" })),
  );
  await site.pipeline.queues.add(trackMessage(job));
  await noTaskIsLeft();
  await eventually("failed", async () => bench.outcomes.length > 0);
  assert.deepEqual(bench.outcomes, ["failed"]);
  const result = await site.pipeline.jobs.result(job);
  assert.deepEqual([result?.state, result?.problem?.code], ["failed", "source-damaged"]);
  assert.equal((await site.pipeline.ledger.read(job))?.["st"], "failed");
  const view = (await site.pipeline.jobs.view(job))!;
  assert.deepEqual([view.state, view.problem?.detail], ["failed", "No frame decodes."]);
});

test("an unknown error fails the job after the last attempt, and keeps its text to itself", async () => {
  const job = await acceptJob();
  await site.pipeline.ledger.plan(job, "ep", PLAN);
  await using bench = await Bench.start(() => Promise.reject(new Error("secret")), {
    maxAttempts: 3,
  });
  await site.pipeline.queues.add(trackMessage(job));
  await noTaskIsLeft();
  assert.deepEqual(bench.outcomes, ["retry", "retry", "failed"]);
  const { problem } = (await site.pipeline.jobs.result(job))!;
  assert.equal(problem?.code, "internal");
  assert.doesNotMatch(JSON.stringify(problem), /secret/);
});

test("a task that takes every process with it fails its job", async () => {
  const job = await acceptJob();
  await site.pipeline.ledger.plan(job, "ep", PLAN);
  await site.pipeline.queues.add(trackMessage(job));
  const key = `${QUEUE_PREFIX}:track:${taskId(trackMessage(job))}`;
  await site.pipeline.redis.hset(key, "stc", 3);
  let calls = 0;
  await using bench = await Bench.start(async () => void calls++, { maxAttempts: 3 });
  await noTaskIsLeft();
  assert.deepEqual([calls, bench.outcomes], [0, ["failed"]]);
  assert.equal((await site.pipeline.jobs.view(job))!.state, "failed");
});

test("a lock that runs out under a living process is no death, however often", async () => {
  const job = await acceptJob();
  const { ledger, queues, redis } = site.pipeline;
  await ledger.plan(job, "ep", PLAN);
  const key = `${QUEUE_PREFIX}:track:${taskId(trackMessage(job))}`;
  let lapses = 0;
  await using bench = await Bench.start(
    async () => {
      if (++lapses > 4) return;
      await redis.del(`${key}:lock`);
      await eventually("noted", async () => Number(await redis.hget(key, "lapsed")) === lapses);
    },
    { lockMs: 4 * LOCK_MS, maxAttempts: 2, concurrency: 2 },
  );
  await queues.add(trackMessage(job));
  await noTaskIsLeft();
  assert.ok(!bench.outcomes.includes("failed"), bench.outcomes.join());
  assert.equal(lapses, 5);
});

test("what a run left behind cannot fail the run after it", async () => {
  const job = await acceptJob();
  await site.pipeline.ledger.plan(job, "other", PLAN);
  await using bench = await Bench.start(() =>
    Promise.reject(new ProblemError("model-not-found", "The model is gone.")),
  );
  await site.pipeline.queues.add(trackMessage(job));
  await noTaskIsLeft();
  await eventually("failed", async () => bench.outcomes.length > 0);
  assert.equal((await site.pipeline.jobs.view(job))!.state, "running");
});

test("the redelivery of a dead process's task enqueues what is due, before and after", async () => {
  const job = await acceptJob();
  const { ledger, queues } = site.pipeline;
  await ledger.plan(job, "ep", { ...PLAN, segments: 3, openSegments: 1 });
  await queues.add(trackMessage(job));
  await takeAndDie();
  assert.deepEqual(await taskKeys("decode"), []);
  let before: string[] | undefined;
  const deliveries: string[] = [];
  await using bench = await Bench.start(
    async (_message, { delivery }) => {
      deliveries.push(delivery);
      before ??= await taskKeys("decode");
      // As another holder would, who commits while this one works and dies before it enqueues.
      await ledger.segBegin(job, "ep", 0, "l", "by");
      await ledger.segEnd(job, "ep", 0, "l", { batches: 0 });
    },
    { lockMs: LOCK_MS },
  );
  await eventually("redelivered", async () => bench.outcomes.length > 0);
  await noTaskIsLeft();
  assert.equal(deliveries[0], `track-${job}-ep-1#2`);
  const key = (segment: number): string => `${QUEUE_PREFIX}:decode:decode-${job}-ep-${segment}-1`;
  assert.deepEqual(before, [key(0)]);
  assert.deepEqual((await taskKeys("decode")).sort(), [key(0), key(1)]);
});

test("a first delivery enqueues nothing on its own", async () => {
  const job = await acceptJob();
  await site.pipeline.ledger.plan(job, "ep", PLAN);
  await using bench = await Bench.start(async () => {});
  await site.pipeline.queues.add(trackMessage(job));
  await eventually("done", async () => bench.outcomes.length > 0);
  assert.deepEqual(await taskKeys("decode"), []);
});

test("a redelivery clears away what the end of a job has left", async () => {
  const job = await acceptJob();
  const { ledger, queues, frames } = site.pipeline;
  await queues.add(trackMessage(job));
  await takeAndDie();
  await ledger.end(job, { state: "succeeded", finishedAt: "2026-01-01T00:00:00Z" }, 60);
  const key = payloadOf(job, "ep", "0.0", "a");
  await frames.put(key, samplePixels(job));
  await ledger.grant(`${job}/ep/0.0`, "t", 9, 10);
  await using bench = await Bench.start(async () => {}, { lockMs: LOCK_MS });
  await noTaskIsLeft();
  assert.equal(bench.outcomes[0], "done");
  assert.equal(await frames.get(key), undefined);
  assert.equal(await site.pipeline.redis.exists("fq:{here}:grants"), 0);
});

for (const [what, name, data] of [
  ["a message with wrong fields", "track", (job: JobId) => ({ ...trackMessage(job), q: "1" })],
  ["a message of another queue", "ingest", (job: JobId) => ({ v: 1, stage: "ingest", job })],
] as const) {
  test(`${what} is reported and fails its job`, async () => {
    const job = await acceptJob();
    await sendRaw(name, data(job));
    await using bench = await Bench.start(() => assert.fail("not for the handler"));
    await noTaskIsLeft();
    assert.equal(bench.queueErrors.length, 1);
    assert.match(bench.queueErrors[0]!, new RegExp(`track holds .* ${name} raw-1`));
    assert.equal((await site.pipeline.jobs.result(job))?.problem?.code, "internal");
    assert.equal((await site.pipeline.ledger.read(job))?.["st"], "failed");
  });
}

test("a message without a job is reported and dropped", async () => {
  await sendRaw("track", { hello: "world" });
  await using bench = await Bench.start(() => assert.fail("not for the handler"));
  await noTaskIsLeft();
  assert.equal(bench.queueErrors.length, 1);
});

for (const [what, name, v] of [
  ["of another version", "track", 2],
  ["for a step of another version", "follow", 1],
] as const) {
  test(`a message ${what} waits in the queue for who can read it`, async () => {
    const job = await acceptJob();
    await sendRaw(name, { ...trackMessage(job), v });
    await using bench = await Bench.start(() => assert.fail("not for the handler"), {
      backoffMs: (attempt) => (attempt < 3 ? 1 : 60_000),
    });
    await eventually("tried", async () => bench.queueErrors.length >= 3);
    const delayed = `${QUEUE_PREFIX}:track:delayed`;
    await eventually("it waits", async () => (await site.pipeline.redis.zcard(delayed)) === 1);
    assert.equal((await site.pipeline.jobs.view(job))!.state, "queued");
  });
}

test("stop lets what runs come to its end and takes nothing new", async () => {
  const job = await acceptJob();
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const bench = new Bench(async () => {
    entered.resolve();
    await gate.promise;
  });
  assert.equal(bench.runner.state, "starting");
  await bench.runner.start();
  assert.equal(bench.runner.state, "running");
  for (const q of [1, 2]) await site.pipeline.queues.add(trackMessage(job, q));
  await entered.promise;
  const stopped = bench.runner.stop(60_000);
  const again = bench.runner.stop(0);
  assert.equal(bench.runner.state, "draining");
  gate.resolve();
  await again;
  await stopped;
  assert.equal(bench.runner.state, "stopped");
  assert.deepEqual(bench.outcomes, ["done"]);
  assert.deepEqual(await site.pipeline.redis.lrange(`${QUEUE_PREFIX}:track:wait`, 0, -1), [
    taskId(trackMessage(job, 2)),
  ]);
});

test("at its deadline stop hands the task back, no attempt lost", async () => {
  const job = await acceptJob();
  await site.pipeline.queues.add(trackMessage(job));
  const entered = Promise.withResolvers<void>();
  const bench = await Bench.start(async (_message, { signal }) => {
    entered.resolve();
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  });
  await entered.promise;
  await bench.runner.stop(1);
  assert.deepEqual(bench.outcomes, ["handed-back"]);
  const id = taskId(trackMessage(job));
  const { redis } = site.pipeline;
  assert.deepEqual(await redis.lrange(`${QUEUE_PREFIX}:track:wait`, 0, -1), [id]);
  assert.deepEqual(await redis.lrange(`${QUEUE_PREFIX}:track:active`, 0, -1), []);
  const made = await redis.hget(`${QUEUE_PREFIX}:track:${id}`, "atm");
  assert.equal(Number(made ?? 0), 0);

  const deliveries: string[] = [];
  await using next = await Bench.start(async (_message, { delivery }) => {
    deliveries.push(delivery);
  });
  await eventually("taken up", async () => next.outcomes.length > 0);
  assert.deepEqual(deliveries, [`${id}#2`]);
});

test("the slots of a queue are those of all its processes", async () => {
  const { queues } = site.pipeline;
  assert.equal(await queues.slots("track"), 0);
  await using three = await Bench.start(async () => {}, { concurrency: 3 });
  assert.equal(three.runner.state, "running");
  {
    await using four = await Bench.start(async () => {}, { concurrency: 4 });
    assert.equal(four.runner.state, "running");
    await eventually("both count", async () => (await queues.slots("track")) === 7);
  }
  await eventually("one is gone", async () => (await queues.slots("track")) === 3);
});

test("stop leaves no connection and no timer", async () => {
  const { redis } = site.pipeline;
  const connections = async (): Promise<number> =>
    ((await redis.client("LIST")) as string).trim().split("\n").length;
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  await turn();
  const before = [await connections(), timers()];
  const job = await acceptJob();
  const bench = await Bench.start(async () => {});
  await site.pipeline.queues.add(trackMessage(job));
  await eventually("done", async () => bench.outcomes.length > 0);
  assert.ok((await connections()) > before[0]!);
  await bench.runner.stop(1_000);
  await eventually(
    "let go",
    async () => (await connections()) <= before[0]! && timers() <= before[1]!,
  );

  const never = new Bench(async () => {});
  await never.runner.stop(1_000);
  assert.equal(never.runner.state, "stopped");
  await eventually("let go", async () => (await connections()) <= before[0]!);
});

test("a job that nobody knows is nothing to fail", async () => {
  await using bench = await Bench.start(() =>
    Promise.reject(new ProblemError("source-damaged", "Nothing decodes.")),
  );
  const job = newJobId();
  await site.pipeline.queues.add(trackMessage(job));
  await noTaskIsLeft();
  assert.deepEqual(bench.outcomes, ["failed"]);
  assert.equal(await site.pipeline.jobs.result(job), undefined);
});

test("what can only be done later is put back, tells so then, and comes when it is hurried", async () => {
  const job = await acceptJob();
  const { queues } = site.pipeline;
  const due = [{ stage: "track", item: "", q: 1 }] as const;
  const putBack: number[] = [];
  let deliveries = 0;
  await using bench = await Bench.start(
    async () => {
      if (++deliveries > 6) return;
      throw new Later("not yet", 3_600_000, async () => {
        putBack.push((await queues.depth("track")).delayed);
        if (deliveries === 2) throw new Error("Whoever was told has no time.");
      });
    },
    { maxAttempts: 2 },
  );
  await queues.hurry(job, "ep", due); // there is none yet
  await queues.add(trackMessage(job));
  for (let round = 1; round <= 6; round++) {
    await eventually(`put back ${round} times`, async () => putBack.length === round);
    await queues.hurry(job, "ep", due);
  }
  await noTaskIsLeft();
  assert.deepEqual(bench.outcomes, [...Array<string>(6).fill("waits"), "done"]);
  assert.deepEqual(bench.errors, []);
  assert.deepEqual(putBack, Array(6).fill(1), "each time the task was where it can be hurried");
  assert.deepEqual(bench.queueErrors, ["Whoever was told has no time."]);
});
