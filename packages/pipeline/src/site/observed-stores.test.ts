import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { createMemoryFrameStore } from "@framequeue/frames";
import { createFolderStore, ObjectNotFound } from "@framequeue/storage";
import { observeFrames, observeObjects, type StoreCall } from "./observed-stores.ts";
import { payloadOf } from "../protocol/payloads.ts";
import { samplePixels } from "../testing/test-site.ts";

function listener() {
  const calls: StoreCall[] = [];
  const onStoreCall = (call: StoreCall): void => void calls.push(call);
  const seen = () => calls.map(({ store, operation, bytes, ok }) => [store, operation, bytes, ok]);
  return { onStoreCall, seen };
}

test("without a listener a store is itself", () => {
  const frames = createMemoryFrameStore();
  assert.equal(observeFrames(frames, {}), frames);
});

test("calls are told of with their bytes; what is not there is an answer, a fault is not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-observed-"));
  try {
    const { onStoreCall, seen } = listener();
    const objects = observeObjects(createFolderStore(folder), { onStoreCall });
    await objects.put("a/b", "äb");
    assert.equal((await objects.get("a/b")).toString(), "äb");
    await assert.rejects(objects.get("a/c"), ObjectNotFound);
    await assert.rejects(objects.put("../x", "y"));
    await objects.deletePrefix("a");
    assert.deepEqual(seen(), [
      ["objects", "put", 3, true],
      ["objects", "get", 3, true],
      ["objects", "get", 0, true],
      ["objects", "put", 0, false],
      ["objects", "delete", 0, true],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("pixels pass through as they are", async () => {
  const { onStoreCall, seen } = listener();
  const frames = observeFrames(createMemoryFrameStore(), { onStoreCall });
  const job = newJobId();
  const key = payloadOf(job, "ep", "0.0", "a");
  const batch = samplePixels(job);
  await frames.put(key, batch);
  assert.deepEqual((await frames.get(key))?.header, batch.header);
  assert.deepEqual(await Array.fromAsync(frames.list()), [key]);
  await frames.delete(key);
  assert.deepEqual(seen(), [
    ["frames", "put", 3, true],
    ["frames", "get", 3, true],
    ["frames", "delete", 0, true],
  ]);
});
