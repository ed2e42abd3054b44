import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { loadModelPackage } from "@framequeue/models";
import { writeStreetVideo } from "../street-video.ts";
import { someCells } from "./cells.ts";
import type { JobOptions } from "../run-job.ts";
import { runCells } from "./run-cells.ts";

const trackers: Readonly<Record<string, JobOptions>> = {
  "the default tracker": {},
  // The one that remembers most, and gaps that lie across batches.
  "OC-SORT that refinds, with gaps filled": {
    tracker: { algorithm: "ocsort", minHits: 1, refind: true },
    fillGaps: 15,
  },
};

for (const [name, options] of Object.entries(trackers)) {
  test(`results are the same bytes for other workers, batches, segments and frame stores: ${name}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "fq-equality-"));
    try {
      const video = join(folder, "street.mp4");
      await writeStreetVideo(video, { seconds: 7, fps: 8, gop: 17 });
      const model = await loadModelPackage(
        resolve(import.meta.dirname, "../../../models/starter-detector"),
      );
      const results = await Array.fromAsync(runCells(someCells(5), video, model, options));
      assert.equal(new Set(results.map(({ hashes }) => hashes.join(" "))).size, 1);
      // Otherwise equality would mean nothing: there are objects, and the video was cut.
      assert.ok(results[0]!.detections > 50);
      assert.ok(results[0]!.tracks > 1);
      assert.deepEqual(
        [...new Set(results.map(({ segments }) => segments))].toSorted((a, b) => a - b),
        [1, 3],
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
