import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { observeGpus, readGpus } from "./gpu-metrics.ts";
import { createMetrics } from "./metrics.ts";

test("without a driver there are no GPUs, and the metrics say so", async () => {
  const registry = createMetrics();
  observeGpus(registry, () => readGpus("no-such-nvidia-smi"));
  const text = await registry.metrics();
  assert.match(text, /^fq_gpus 0$/m);
  assert.doesNotMatch(text, /^fq_gpu_memory/m);
});

test("what the driver prints becomes gauges in base units; what a card does not tell is absent", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-gpu-"));
  try {
    const program = join(folder, "nvidia-smi");
    await writeFile(
      program,
      "#!/bin/sh\necho '0, NVIDIA L4, 35, 1024, 23034, 41, 33.50'\necho '1, NVIDIA L4, 0, 1, 23034, 30, [N/A]'\n",
    );
    await chmod(program, 0o755);
    const registry = createMetrics();
    observeGpus(registry, () => readGpus(program));
    const text = await registry.metrics();
    for (const line of [
      "fq_gpus 2",
      'fq_gpu_info{gpu="1",model="NVIDIA L4"} 1',
      'fq_gpu_utilization_ratio{gpu="0"} 0.35',
      'fq_gpu_memory_used_bytes{gpu="0"} 1073741824',
      'fq_gpu_power_watts{gpu="0"} 33.5',
    ]) {
      assert.ok(text.split("\n").includes(line), line);
    }
    assert.doesNotMatch(text, /fq_gpu_power_watts\{gpu="1"/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
