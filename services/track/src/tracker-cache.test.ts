import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { newJobId, trackerOptionsSchema } from "@framequeue/contracts";
import { ForAnother, IntermediateLost, putIntermediate } from "@framequeue/pipeline";
import { createFolderStore } from "@framequeue/storage";
import { TrackerCheckpointError } from "@framequeue/tracking";
import { createJobTracker } from "./job-tracker.ts";
import { createTrackerCache } from "./tracker-cache.ts";

const SIZE = { width: 640, height: 360 };
const OPTIONS = trackerOptionsSchema.parse({ algorithm: "deepsort" });

const folder = await mkdtemp(join(tmpdir(), "fq-tracker-cache-"));
after(() => rm(folder, { recursive: true, force: true }));

test("what a later version saved is left to it; what nobody can read fails", async () => {
  const objects = createFolderStore(folder);
  const saved = createJobTracker(OPTIONS, SIZE).save();
  const put = (version: unknown): Promise<string> =>
    putIntermediate(objects, newJobId(), "ep", "checkpoint", JSON.stringify({ ...saved, version }));
  const [good, later, strange] = [await put(saved.version), await put(3), await put("other")];

  const cache = createTrackerCache(objects);
  const tracker = await cache.take(good, OPTIONS, SIZE);
  assert.deepEqual(tracker.save(), saved);
  await assert.rejects(cache.take(later, OPTIONS, SIZE), ForAnother);
  await assert.rejects(cache.take(strange, OPTIONS, SIZE), TrackerCheckpointError);
  await objects.put(good, "{}");
  await assert.rejects(createTrackerCache(objects).take(good, OPTIONS, SIZE), IntermediateLost);
});
