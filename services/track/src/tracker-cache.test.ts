import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { trackerOptionsSchema } from "@framequeue/contracts";
import { ForAnother } from "@framequeue/pipeline";
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
  const put = (key: string, version: unknown): Promise<unknown> =>
    objects.put(key, Buffer.from(JSON.stringify({ ...saved, version })));
  await put("good", saved.version);
  await put("later", 3);
  await put("damaged", "other");

  const cache = createTrackerCache(objects);
  const tracker = await cache.take("good", OPTIONS, SIZE);
  assert.deepEqual(tracker.save(), saved);
  await assert.rejects(cache.take("later", OPTIONS, SIZE), ForAnother);
  await assert.rejects(cache.take("damaged", OPTIONS, SIZE), TrackerCheckpointError);
});
