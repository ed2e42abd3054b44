import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { testDetector } from "@framequeue/graphs";

test("onnxruntime leaves no file of its telemetry behind", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-telemetry-"));
  const temp = await mkdtemp(join(tmpdir(), "fq-telemetry-tmp-"));
  try {
    const model = join(folder, "model.onnx");
    await writeFile(model, testDetector({ width: 64, height: 64, batch: 1 }));
    const script = join(folder, "load.ts");
    await writeFile(
      script,
      `import { createDetector, loadModelPackage } from ${JSON.stringify(new URL("../index.ts", import.meta.url))};
       await using detector = await createDetector(
         await loadModelPackage(${JSON.stringify(model)}), { workers: 1, threadsPerWorker: 1 });`,
    );
    await promisify(execFile)(process.execPath, [script], {
      env: { ...process.env, TMPDIR: temp, HOME: temp, ORT_DISABLE_TELEMETRY: "" },
    });
    assert.deepEqual(await readdir(temp), []);
  } finally {
    await rm(folder, { recursive: true });
    await rm(temp, { recursive: true });
  }
});
