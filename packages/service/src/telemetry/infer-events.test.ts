import assert from "node:assert/strict";
import { test } from "node:test";
import { observeModels } from "./infer-events.ts";
import { createLogger } from "../process/logger.ts";
import { createMetrics } from "./metrics.ts";

const logger = createLogger({ name: "infer", level: "silent" });

test("runs are counted by model: time, pictures wanted, pictures that there was room for", async () => {
  const registry = createMetrics();
  const { onRun, onLoad } = observeModels(registry, logger);
  const model = { name: "nano", version: "1" };
  onLoad(model, 0.5);
  onRun(model, { seconds: 0.02, frames: 3, slots: 8 });
  onRun(model, { seconds: 0.03, frames: 8, slots: 8 });
  const text = await registry.metrics();
  for (const line of [
    'fq_session_seconds_sum{model="nano",version="1"} 0.05',
    'fq_session_frames_sum{model="nano",version="1"} 11',
    'fq_session_frames_bucket{le="4",model="nano",version="1"} 1',
    'fq_session_slots_total{model="nano",version="1"} 16',
    'fq_model_load_seconds_count{model="nano",version="1"} 1',
  ]) {
    assert.ok(text.split("\n").includes(line), line);
  }
});

test("however many models there are, their series are bounded", async () => {
  const registry = createMetrics();
  const { onRun } = observeModels(registry, logger);
  for (let i = 0; i < 200; i++) {
    onRun({ name: `model-${i}`, version: "1" }, { seconds: 0.01, frames: 1, slots: 1 });
  }
  const series = (await registry.metrics()).match(/^fq_session_slots_total\{.*$/gm) ?? [];
  assert.equal(series.length, 65);
  assert.ok(series.includes('fq_session_slots_total{model="other",version="other"} 136'));
});
