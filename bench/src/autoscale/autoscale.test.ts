import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import { DEFAULT_POLICY } from "@framequeue/scaling";
import { Backlog } from "./backlog.ts";
import { Fleet } from "./fleet.ts";
import { oracle } from "./oracle.ts";
import { queueDepth, utilization, workLeft } from "./rules.ts";
import { simulate } from "./simulate.ts";
import { type Workload, WORKLOADS } from "./workload.ts";

const bursts = WORKLOADS[0]!(1);

test("a job's wait is what it takes longer than with all the workers it can use", () => {
  const backlog = new Backlog([
    { at: 0, work: 64 },
    { at: 0, work: 10 },
  ]);
  backlog.accept(1);
  assert.equal(backlog.left, 74);
  // 64 s of work need 2 s of 32 workers; the rest of the capacity goes to the next.
  assert.equal(backlog.serve(34, 0, 1), 34);
  assert.equal(backlog.serve(34, 1, 1), 34);
  assert.equal(backlog.serve(34, 2, 1), 6);
  assert.equal(backlog.left, 0);
  assert.ok(backlog.isDone);
  assert.deepEqual(
    backlog.waits.map((wait) => Number(wait.toFixed(4))),
    [0, Number((3 - 10 / 32).toFixed(4))],
  );
});

test("credits hide the backlog from the queue", () => {
  const backlog = new Backlog([{ at: 0, work: 10_000 }]);
  backlog.accept(1);
  assert.deepEqual(backlog.tasks(0), { waiting: 12, active: 0 });
  assert.deepEqual(backlog.tasks(100), { waiting: 4, active: 100 });
});

test("workers that are not ready go first, and none is ready before its time", () => {
  const fleet = new Fleet(1);
  fleet.resize(10, 0);
  fleet.tick(59);
  assert.deepEqual([fleet.size, fleet.ready], [10, 0]);
  fleet.tick(300);
  assert.equal(fleet.ready, 10);
  fleet.resize(12, 300);
  fleet.resize(11, 310);
  assert.deepEqual([fleet.size, fleet.ready], [11, 10]);
  fleet.resize(4, 320);
  assert.deepEqual([fleet.size, fleet.ready], [4, 4]);
});

test("every rule does all the work, and nobody pays less than the work", () => {
  const work = bursts.jobs.reduce((sum, job) => sum + job.work, 0) / 3600;
  for (const rule of [workLeft(100), queueDepth(100, 20), utilization(100, 0.7)]) {
    const outcome = simulate(bursts, rule, 1);
    assert.ok(Math.abs(outcome.busyHours - work) < 1e-6, rule.name);
    assert.ok(outcome.hours > work, rule.name);
    assert.ok(oracle(bursts, outcome.p95).hours > work, rule.name);
  }
});

test("the same seed gives the same workload and outcome", () => {
  assert.deepEqual(WORKLOADS[0]!(1), bursts);
  assert.notDeepEqual(WORKLOADS[0]!(2), bursts);
  assert.deepEqual(simulate(bursts, workLeft(100), 3), simulate(bursts, workLeft(100), 3));
});

test("the recording rule of Prometheus has the numbers of the policy", async () => {
  const rules = resolve(import.meta.dirname, "../../../monitoring/prometheus/rules/work.yml");
  const [, rule] = (await readFile(rules, "utf8")).split("record: fq:infer_wanted_workers\n");
  const { headroom, drainSeconds } = DEFAULT_POLICY;
  const expr = rule!.slice(0, rule!.indexOf("- record:"));
  // Rounded up, and never fewer than are busy.
  assert.match(
    expr,
    /^ +expr: \|\n +ceil\([^]*\) > fq:infer_busy_workers\s+or fq:infer_busy_workers\n/,
  );
  assert.ok(expr.includes(`fq:infer_frames_per_busy_second * ${headroom})`));
  assert.ok(expr.includes(`fq:infer_work_left_seconds / ${drainSeconds}\n`));
});

test("nobody waits longer by the oracle than it was told", () => {
  for (const p95 of [300, 900]) assert.ok(oracle(bursts, p95).p95 <= p95 + 15);
});

test("on bursts with cold starts the rule pays at most 0.7 of what the queue's length pays for the same wait", () => {
  const ours = simulate(bursts, workLeft(100), 1);
  const depths = [5, 10, 20, 30, 40, 50].map((depth) =>
    simulate(bursts, queueDepth(100, depth), 1),
  );
  const equal = depths.filter(({ p95 }) => p95 <= 1.05 * ours.p95);
  assert.ok(ours.hours <= 0.7 * Math.min(...equal.map(({ hours }) => hours)));
});

test("on steady workloads the rule pays at most 1.15 of the oracle with the same p95", () => {
  for (const make of WORKLOADS.slice(1, 4)) {
    const workload: Workload = make(1);
    const ours = simulate(workload, workLeft(workload.max), 1);
    const ratio = ours.hours / oracle(workload, ours.p95).hours;
    assert.ok(ratio <= 1.15, `${workload.name}: ${ratio}`);
  }
});
