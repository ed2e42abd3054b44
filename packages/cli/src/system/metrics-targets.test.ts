import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMetricsTargets } from "./metrics-targets.ts";

test("the file names every process with its service, follows changes, and goes in the end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-targets-"));
  const file = join(folder, "targets.json");
  try {
    {
      await using targets = createMetricsTargets(file);
      targets.update({ api: "http://127.0.0.1:4001" });
      targets.update({ api: "http://127.0.0.1:4001", "infer-2": "http://[::1]:4002" });
      const text = (): Promise<string> => readFile(file, "utf8").catch(() => "");
      while (!(await text()).includes("infer"));
      assert.deepEqual(JSON.parse(await readFile(file, "utf8")), [
        { targets: ["127.0.0.1:4001"], labels: { job: "api", instance: "api" } },
        { targets: ["[::1]:4002"], labels: { job: "infer", instance: "infer-2" } },
      ]);
    }
    assert.equal(existsSync(file), false);
  } finally {
    await rm(folder, { recursive: true });
  }
});
