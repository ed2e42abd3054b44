import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { createLogger } from "../process/logger.ts";
import { createMetrics } from "./metrics.ts";
import { observeSite, type SiteLook } from "./site-metrics.ts";

function aLook(over: Partial<SiteLook> = {}): SiteLook {
  return {
    state: {
      queues: { infer: { waiting: 3, active: 2, delayed: 1 } },
      jobs: [
        { phase: "running", acceptedAt: Date.now() - 60_000 },
        { phase: "running", acceptedAt: Date.now() },
        { phase: "queued", acceptedAt: undefined },
      ],
      framesLeft: { infer: 900 },
      credits: { held: 4, window: 12 },
      grantedBytes: 1_000,
    },
    stalled: [],
    redis: {
      usedBytes: 5,
      limitBytes: 50,
      clients: 1,
      commands: 2,
      evictedKeys: 0,
      cpuSeconds: 3,
      keys: 4,
      persists: true,
    },
    frameServers: [{ server: "pixels:6379", usedBytes: 7, limitBytes: 0 }],
    quarantined: 2,
    ...over,
  };
}

function observed(look: () => Promise<SiteLook>) {
  const registry = createMetrics();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    name: "ingest",
    level: "info",
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  observeSite(registry, logger, {
    look,
    phases: ["queued", "running"],
    frameBudgetBytes: 9_000,
    folders: { objects: tmpdir(), frames: "/no/such/folder" },
  });
  return { registry, lines };
}

test("one look serves a whole scrape", async () => {
  let looks = 0;
  const { registry } = observed(() => {
    looks++;
    return Promise.resolve(aLook());
  });
  const text = await registry.metrics();
  assert.equal(looks, 1);
  for (const line of [
    "fq_site_readable 1",
    'fq_queue_tasks{queue="infer",state="waiting"} 3',
    'fq_jobs{phase="running"} 2',
    'fq_jobs{phase="queued"} 1',
    'fq_frames_left{stage="infer"} 900',
    "fq_credits_held 4",
    "fq_frame_store_granted_bytes 1000",
    "fq_frame_store_budget_bytes 9000",
    'fq_redis_memory_used_bytes{role="frames",server="pixels:6379"} 7',
    "fq_redis_persists 1",
  ]) {
    assert.ok(text.split("\n").includes(line), line);
  }
  assert.match(text, /^fq_oldest_job_seconds\{phase="running"\} 60/m);
  assert.match(text, /^fq_disk_free_bytes\{content="objects"\} \d/m);
  assert.doesNotMatch(text, /content="frames"/, "a folder that is not there has no free space");
  assert.doesNotMatch(text, /limit_bytes\{role="frames"/, "a server without a limit has none");
});

test("while Redis is away what belongs to the site is absent, and the rest is told", async () => {
  const { registry } = observed(() => Promise.reject(new Error("away")));
  const text = await registry.metrics();
  assert.match(text, /^fq_site_readable 0$/m);
  assert.doesNotMatch(text, /^fq_jobs/m);
  assert.match(text, /^process_cpu_seconds_total /m);
});

test("a job that does not get on is named in the log, once", async () => {
  let looks = 0;
  const { registry, lines } = observed(() => {
    looks++;
    const seconds = 400 + looks;
    return Promise.resolve(aLook({ stalled: [{ job: "j1", phase: "running", seconds }] }));
  });
  assert.match(await registry.metrics(), /^fq_longest_stall_seconds 401$/m);
  const later = async (): Promise<boolean> =>
    (await registry.metrics()).includes("fq_longest_stall_seconds 402");
  while (!(await later()));
  assert.deepEqual(
    lines.map(({ level, job, msg }) => [level, job, msg]),
    [["warn", "j1", "the job does not get on"]],
  );
});
