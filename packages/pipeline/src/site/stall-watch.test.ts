import assert from "node:assert/strict";
import { test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import type { JobPhase } from "./site-state.ts";
import { createStallWatch } from "./stall-watch.ts";

const id = newJobId();
const job = (progress: string, phase: JobPhase = "running") => ({
  id,
  phase,
  progress,
  acceptedAt: undefined,
});

test("the time counts from the last change, and only while the job is worked on", () => {
  const watch = createStallWatch();
  const seconds = (progress: string, atSeconds: number, phase?: JobPhase): number | undefined =>
    watch.look([job(progress, phase)], atSeconds * 1000)[0]?.seconds;
  assert.equal(seconds("1", 0), undefined);
  assert.equal(seconds("1", 60), 60);
  assert.equal(seconds("2", 90), undefined);
  assert.equal(seconds("2", 100), 10);
  assert.equal(seconds("2", 500, "paused"), undefined);
  assert.equal(seconds("2", 520), 20);
  assert.equal(seconds("2", 600, "waiting"), undefined);
});

test("a job that is gone is forgotten", () => {
  const watch = createStallWatch();
  watch.look([job("1")], 0);
  assert.deepEqual(watch.look([], 1_000), []);
  assert.deepEqual(watch.look([job("1")], 60_000), []);
});
