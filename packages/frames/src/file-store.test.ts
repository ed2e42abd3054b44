import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { createFileFrameStore } from "./file-store.ts";
import { frameStoreConformance, sampleBatch } from "./frame-store-conformance.ts";

async function scratch() {
  const folder = await mkdtemp(join(tmpdir(), "fq-frames-"));
  return {
    folder,
    store: createFileFrameStore(folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

frameStoreConformance("file", scratch);

test("file: a damaged or cut payload is as good as none", async () => {
  await using at = await scratch();
  const job = newJobId();
  const key = `${job}/e/0.0/a`;
  const path = join(at.folder, key);
  await at.store.put(key, sampleBatch(job, 1));
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  assert.equal(await at.store.get(key), undefined, "one flipped bit");
  for (const length of [bytes.length - 1, 10, 3, 0]) {
    await truncate(path, length);
    assert.equal(await at.store.get(key), undefined, `cut to ${length} bytes`);
  }
});
