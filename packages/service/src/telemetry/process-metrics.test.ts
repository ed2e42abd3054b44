import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { totalmem } from "node:os";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";

const linux = process.platform === "linux" ? false : "only Linux tells these";

async function valueOf(name: string, labels = ""): Promise<number> {
  const text = await createMetrics().metrics();
  const found = new RegExp(`^${name}${labels} (\\S+)$`, "m").exec(text)?.[1];
  assert.ok(found !== undefined, `${name} is there`);
  return Number(found);
}

test("the time of children that ended counts", { skip: linux }, async () => {
  const before = await valueOf("fq_child_cpu_seconds_total");
  spawnSync(process.execPath, [
    "-e",
    "const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);",
  ]);
  assert.ok((await valueOf("fq_child_cpu_seconds_total")) >= before + 0.3);
});

test("limits and use are of the same thing, and within reason", { skip: linux }, async () => {
  const limit = await valueOf("fq_memory_limit_bytes");
  const used = await valueOf("fq_memory_used_bytes");
  assert.ok(used > 2 ** 20 && used < limit && limit <= totalmem());
  const cores = await valueOf("fq_cpu_limit_cores");
  assert.ok(cores > 0 && cores <= 4_096);
  const busy = await valueOf("fq_host_cpu_seconds_total", '\\{mode="busy"\\}');
  assert.ok(busy > 0);
});

test("both directions of the network are told", { skip: linux }, async () => {
  for (const direction of ["received", "sent"]) {
    assert.ok((await valueOf("fq_network_bytes_total", `\\{direction="${direction}"\\}`)) >= 0);
  }
});
