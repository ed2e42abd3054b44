import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { createLogger } from "../process/logger.ts";
import { createMetrics } from "./metrics.ts";
import { observeStage } from "./stage-events.ts";
import type { DoneSpan, JobTracer } from "../tracing/tracer.ts";

function observed() {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    name: "decode",
    level: "debug",
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const registry = createMetrics();
  return { lines, logger, registry, stage: observeStage(registry, logger) };
}

test("each task is counted, timed and logged once, with job, stage and problem code", async () => {
  const { lines, registry, stage } = observed();
  const task = { stage: "decode", job: "j1", seconds: 0.02 };
  stage.onTask({ ...task, outcome: "done" });
  stage.onTask({ ...task, outcome: "handed-back" });
  stage.onTask({ ...task, outcome: "retry", error: new Error("disk on fire") });
  stage.onTask({
    ...task,
    outcome: "failed",
    error: new ProblemError("source-damaged", "Nothing can be decoded."),
  });
  stage.onQueueError(new Error("ECONNREFUSED"));
  assert.deepEqual(
    lines.map(({ level, stage, job, code }) => [level, stage, job, code]),
    [
      ["debug", "decode", "j1", undefined],
      ["info", "decode", "j1", undefined],
      ["warn", "decode", "j1", "internal"],
      ["error", "decode", "j1", "source-damaged"],
      ["warn", undefined, undefined, "queue-unavailable"],
    ],
  );
  const text = await registry.metrics();
  for (const line of [
    'fq_tasks_total{stage="decode",outcome="done"} 1',
    'fq_tasks_total{stage="decode",outcome="failed"} 1',
    'fq_task_seconds_count{stage="decode"} 4',
    'fq_task_seconds_bucket{le="0.03",stage="decode"} 4',
    "fq_queue_errors_total 1",
  ]) {
    assert.ok(text.includes(line), line);
  }
});

test("a log line names segment and batch, and the trace where there is one", () => {
  const { lines, logger } = observed();
  const recorded: DoneSpan[] = [];
  const tracer: JobTracer = {
    record: (span) => void recorded.push(span),
    spanOf: (_, delivery) => `span of ${delivery}`,
    fieldsOf: (job) => ({ traceId: `trace of ${job}` }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const stage = observeStage(createMetrics(), logger, tracer);
  const task = { job: "j1", seconds: 0.5, outcome: "done" } as const;
  stage.onTask({ ...task, stage: "decode", segment: 3 });
  stage.onTask({ ...task, stage: "infer", batch: "3.1", delivery: "d1", follows: ["s"] });
  assert.deepEqual(
    lines.map(({ job, segment, batch, traceId }) => [job, segment, batch, traceId]),
    [
      ["j1", 3, undefined, "trace of j1"],
      ["j1", undefined, "3.1", "trace of j1"],
    ],
  );
  assert.deepEqual(
    recorded.map(({ name, span, follows, startMs, endMs }) => [
      name,
      span,
      follows,
      endMs - startMs,
    ]),
    [
      ["decode", undefined, undefined, 500],
      ["infer", "span of d1", ["s"], 500],
    ],
  );
});

test("several stages share a registry; registries share nothing", async () => {
  const { registry, stage } = observed();
  const task = { job: "j1", seconds: 1, outcome: "done" } as const;
  stage.onTask({ ...task, stage: "index" });
  stage.onTask({ ...task, stage: "render" });
  const text = await registry.metrics();
  assert.match(text, /fq_tasks_total\{stage="index",outcome="done"\} 1/);
  assert.match(text, /fq_tasks_total\{stage="render",outcome="done"\} 1/);
  assert.doesNotMatch(await createMetrics().metrics(), /fq_tasks_total/);
});

test("work is counted in frames and batches, and the busy time goes on while a task runs", async () => {
  const { registry, stage } = observed();
  stage.onBusy("decode", 1);
  stage.onWork({ stage: "decode", frames: 16, batches: 1 });
  stage.onWork({ stage: "decode", frames: 7, batches: 0 });
  const text = await registry.metrics();
  for (const line of [
    'fq_frames_total{stage="decode"} 23',
    'fq_batches_total{stage="decode"} 1',
    'fq_tasks_running{stage="decode"} 1',
  ]) {
    assert.ok(text.includes(line), line);
  }
  const busy = (metrics: string): number =>
    Number(/^fq_busy_seconds_total\{stage="decode"\} (\S+)$/m.exec(metrics)?.[1]);
  assert.ok(busy(text) > 0);
  assert.ok(busy(await registry.metrics()) > busy(text));
});

test("a repair is counted under what was done, not under the job's name", async () => {
  const { registry, lines, stage } = observed();
  stage.onRepair("queued infer-j1-e-0.3-2 again");
  stage.onRepair("looked strange");
  const text = await registry.metrics();
  assert.match(text, /^fq_repairs_total\{action="queued"\} 1$/m);
  assert.match(text, /^fq_repairs_total\{action="other"\} 1$/m);
  assert.equal(lines[0]!["step"], "queued infer-j1-e-0.3-2 again");
});

test("a job that the reconciler passes over is counted by why, and named in the log", async () => {
  const { registry, lines, stage } = observed();
  stage.onJobSkipped("j1", new ProblemError("record-damaged", "It cannot be read."));
  stage.onJobSkipped("j2", new Error("WRONGTYPE"));
  const text = await registry.metrics();
  assert.match(text, /^fq_jobs_skipped_total\{code="record-damaged"\} 1$/m);
  assert.match(text, /^fq_jobs_skipped_total\{code="internal"\} 1$/m);
  assert.ok(lines.some((line) => line["job"] === "j2"));
});

test("no gauge has a name that ends like a counter's", async () => {
  const metrics = await observed().registry.getMetricsAsJSON();
  assert.ok(metrics.some(({ name }) => name === "process_cpu_seconds_total"));
  for (const { name, type } of metrics) {
    assert.equal(name.endsWith("_total"), String(type) === "counter", name);
  }
});
