import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "../process/logger.ts";
import { createMetrics } from "./metrics.ts";
import { observePipeline } from "./pipeline-events.ts";

function observed() {
  const registry = createMetrics();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    name: "index",
    level: "info",
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const { events } = observePipeline(registry, logger);
  const has = async (...wanted: string[]): Promise<void> => {
    const text = (await registry.metrics()).split("\n");
    for (const line of wanted) assert.ok(text.includes(line), line);
  };
  return { lines, events, has };
}

test("every look at a damaged record is counted, and the log names it once", async () => {
  const { lines, events, has } = observed();
  await has('fq_records_damaged_total{record="accepted"} 0');
  const damaged = { job: "j1", record: "accepted", key: "jobs/j1/accepted.json" } as const;
  for (const _ of [1, 2, 3]) events.onRecordDamaged({ ...damaged, cause: new Error("no JSON") });
  await has(
    'fq_records_damaged_total{record="accepted"} 3',
    'fq_records_damaged_total{record="result"} 0',
  );
  assert.deepEqual(
    lines.map(({ job, key }) => [job, key]),
    [["j1", "jobs/j1/accepted.json"]],
  );
});

const ended = {
  job: "j1",
  run: 1,
  acceptedAt: "2026-01-01T00:00:00.000Z",
  startedAt: "2026-01-01T00:00:02.000Z",
  finishedAt: "2026-01-01T00:00:20.000Z",
  gaps: [],
};

test("what has not happened is 0, so that an alert can compare", async () => {
  await observed().has(
    'fq_jobs_ended_total{state="failed"} 0',
    'fq_frames_lost_total{reason="decode-error"} 0',
    'fq_store_errors_total{store="objects",operation="put"} 0',
  );
});

test("a job's end is counted, timed, and logged", async () => {
  const { events, lines, has } = observed();
  events.onJobAccepted({ job: "j1", acceptedAt: ended.acceptedAt });
  events.onJobEnded({ ...ended, state: "failed", problem: { code: "source-damaged" } });
  await has(
    "fq_jobs_accepted_total 1",
    'fq_jobs_ended_total{state="failed"} 1',
    'fq_job_problems_total{code="source-damaged"} 1',
    'fq_job_seconds_sum{state="failed"} 20',
    "fq_job_wait_seconds_sum 2",
  );
  assert.deepEqual(
    lines.map(({ job, code, msg, seconds }) => [job, code, msg, seconds]),
    [["j1", "source-damaged", "job failed", 20]],
  );
});

test("frames of gaps count as lost, both ends included", async () => {
  const { events, has } = observed();
  const gaps = [
    { from: 10, to: 19, reason: "inference-error" },
    { from: 30, to: 30, reason: "inference-error" },
  ];
  events.onJobEnded({ ...ended, state: "succeeded_with_warnings", gaps });
  await has(
    'fq_gaps_total{reason="inference-error"} 2',
    'fq_frames_lost_total{reason="inference-error"} 11',
  );
});

test("calls of stores are timed, their bytes counted, and those that fail", async () => {
  const { events, has } = observed();
  const call = { store: "frames", operation: "put", seconds: 0.002 } as const;
  events.onStoreCall({ ...call, bytes: 100, ok: true });
  events.onStoreCall({ ...call, bytes: 0, ok: false });
  await has(
    'fq_store_bytes_total{store="frames",operation="put"} 100',
    'fq_store_seconds_count{store="frames",operation="put"} 2',
    'fq_store_errors_total{store="frames",operation="put"} 1',
  );
});
