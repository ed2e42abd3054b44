import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Blame,
  type Message,
  newJobId,
  type ProblemCode,
  ProblemError,
  PROBLEMS,
} from "@framequeue/contracts";
import { NotWanted } from "../queues/job-watch.ts";
import { blameOf, isHeldAgainst, waitsFor } from "./blame.ts";
import { type Delivery, deliver, type TaskOutcome, type Verdict } from "./delivery.ts";
import { IntermediateLost } from "./intermediates.ts";
import type { RemakeDeps } from "./remake.ts";
import { ForAnother, Later } from "./task-context.ts";

const JOB = newJobId();
const OF_EPOCH: Message = { v: 1, stage: "index", job: JOB, epoch: "ep", q: 1 };
const OF_JOB: Message = { v: 1, stage: "ingest", job: JOB, q: 1 };
const CODES = Object.keys(PROBLEMS) as ProblemCode[];
const FRESH = new AbortController().signal;

/** What is said to the outside, in order. */
function listener(answer: { ended?: "failed"; settle?: boolean } = {}) {
  const said: string[] = [];
  const say = (what: string): void => void said.push(what);
  const deps = {
    ledger: {
      keep: async () => ({ a: "none" }),
      async due() {
        say("due");
        return answer.ended === undefined ? { ep: "ep", due: [] } : { ended: "failed", due: [] };
      },
      async replan(_: unknown, epoch: string) {
        say(`replan ${epoch}`);
        return { a: "gone", due: [] };
      },
    },
    jobs: {
      clearWork: async () => say("clear"),
      fail: async (_: unknown, { code }: { code: string }, epoch = "any epoch") =>
        say(`fail ${code} ${epoch}`),
    },
    queues: { addDue: async (_: unknown, epoch: string) => say(`enqueue ${epoch}`) },
    objects: {},
    frames: {},
  } as unknown as RemakeDeps;
  return { said, deps };
}

async function delivered(
  thrown: unknown,
  more: Partial<Delivery> = {},
  answer: { ended?: "failed"; settle?: boolean } = {},
) {
  const { said, deps } = listener(answer);
  const reported: Verdict[] = [];
  const delivery: Delivery = {
    message: OF_EPOCH,
    stopping: FRESH,
    unwanted: FRESH,
    isRepeated: false,
    failures: 0,
    maxAttempts: 3,
    settle: async () => answer.settle ?? false,
    ...more,
  };
  const work = async (): Promise<void> => {
    said.push("work");
    // oxlint-disable-next-line typescript/only-throw-error -- libraries throw anything
    if (thrown !== undefined) throw thrown;
  };
  const verdict = await deliver(deps, delivery, work, (each) => reported.push(each));
  assert.deepEqual(reported, [verdict], "told once");
  return { outcome: verdict.outcome, said };
}

/** A problem of each kind is held against the work, waited for, or final; never two of them. */
const FATES: Record<Blame, (retryable: boolean, failures: number) => TaskOutcome> = {
  caller: (retryable, failures) => (retryable && failures < 2 ? "retry" : "failed"),
  input: () => "failed",
  work: (_, failures) => (failures < 2 ? "retry" : "failed"),
  outage: (retryable) => (retryable ? "waits" : "failed"),
};

for (const code of CODES) {
  const { blame, retryable } = PROBLEMS[code];
  test(`${code}: what becomes of the attempt and of the task`, async () => {
    const error = new ProblemError(code, "It is so.");
    assert.equal(isHeldAgainst(error, FRESH), blame === "work");
    assert.equal(waitsFor(error), blame === "outage" && retryable);
    for (const failures of [0, 1, 2]) {
      const { outcome, said } = await delivered(error, { failures });
      assert.equal(outcome, FATES[blame](retryable, failures), `after ${failures} failures`);
      assert.deepEqual(said, outcome === "failed" ? ["work", `fail ${code} ep`] : ["work"]);
    }
    // Where the ledger counts, the queue never ends it.
    if (retryable) {
      const { outcome } = await delivered(error, { failures: 1e6, maxAttempts: Infinity });
      assert.notEqual(outcome, "failed");
    }
  });
}

test("what is the source's fault is never tried again, and what counts or is waited for may be", () => {
  for (const code of CODES) {
    const { blame, retryable } = PROBLEMS[code];
    if (blame === "input") assert.equal(retryable, false, code);
    if (blame === "work") assert.equal(retryable, true, code);
  }
});

test("what is no problem: a full disk and a Redis that is away are waited for, all else counts", async () => {
  const withCode = (code: string, syscall?: string): Error =>
    Object.assign(new Error(code), { code, syscall });
  const oom = Object.assign(new Error("OOM command not allowed"), { name: "ReplyError" });
  for (const error of [
    ...[withCode("ENOSPC"), withCode("EDQUOT"), oom, withCode("ECONNREFUSED", "connect")],
    new Error("Connection is closed."),
  ]) {
    assert.equal(blameOf(error), "outage", error.message);
    assert.equal((await delivered(error, { failures: 2 })).outcome, "waits", error.message);
  }
  for (const error of [
    ...[withCode("EIO"), withCode("ECONNREFUSED", "spawn"), new TypeError("no function")],
    ...["a text", null, { code: "ENOSPC" }],
  ]) {
    assert.equal(blameOf(error), "work");
    assert.equal((await delivered(error)).outcome, "retry");
    const last = await delivered(error, { failures: 2 });
    assert.deepEqual(last.said, ["work", "fail internal ep"]);
  }
});

test("who is told to stop hands back, and who is not wanted clears away, whatever the error", async () => {
  const aborted = AbortSignal.abort();
  for (const error of [...CODES.map((code) => new ProblemError(code, "")), new Error("broken")]) {
    assert.equal(isHeldAgainst(error, aborted), false);
    const both = { stopping: aborted, unwanted: aborted };
    assert.deepEqual(await delivered(error, both), { outcome: "handed-back", said: ["work"] });
    assert.deepEqual(
      await delivered(error, { unwanted: aborted, failures: 2 }, { ended: "failed" }),
      { outcome: "unwanted", said: ["work", "due", "clear", "enqueue "] },
    );
  }
  assert.equal((await delivered(new NotWanted(JOB), { failures: 2 })).outcome, "unwanted");
});

test("what can only be done later waits, however often", async () => {
  for (const error of [new Later("later", 5), new ForAnother("another")]) {
    assert.deepEqual(await delivered(error, { failures: 2 }), { outcome: "waits", said: ["work"] });
  }
});

test("where an intermediate is lost its epoch is planned anew; a task without an epoch waits", async () => {
  const lost = new IntermediateLost("jobs/x");
  assert.equal(isHeldAgainst(lost, FRESH), false);
  const { outcome, said } = await delivered(lost, { failures: 2 });
  assert.equal(outcome, "lost");
  assert.deepEqual(said.slice(0, 2), ["work", "replan ep"]);
  assert.equal((await delivered(lost, { message: OF_JOB })).outcome, "waits");
});

test("a task of the whole job fails it in whatever epoch", async () => {
  const { said } = await delivered(new ProblemError("source-empty", ""), { message: OF_JOB });
  assert.deepEqual(said, ["work", "fail source-empty any epoch"]);
});

test("a task that took every process with it is not begun again", async () => {
  assert.deepEqual(await delivered(undefined, { failures: 3 }), {
    outcome: "failed",
    said: ["fail internal ep"],
  });
});

test("what is due is enqueued around a repeated delivery, and after one that outlived its lock", async () => {
  const repair = ["due", "enqueue ep"];
  assert.deepEqual((await delivered(undefined)).said, ["work"]);
  const repeated = await delivered(undefined, { isRepeated: true });
  assert.deepEqual(repeated.said, [...repair, "work", ...repair]);
  const late = await delivered(undefined, {}, { settle: true });
  assert.deepEqual(late, { outcome: "done", said: ["work", ...repair] });
});
