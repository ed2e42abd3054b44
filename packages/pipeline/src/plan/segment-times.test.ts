import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { createFolderStore } from "@framequeue/storage";
import { IntermediateLost } from "../protocol/intermediates.ts";
import { objectKeys } from "../ledger/keys.ts";
import { putSegmentTimes, readSegment } from "./segment-times.ts";

test("times of frames go to objects of their own and come back with their segment", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-times-"));
  try {
    const objects = createFolderStore(folder);
    const job = newJobId();
    const parallel = [
      { startPts: 0, ptsDeltas: [0, 40, 40], frames: 3 },
      { startPts: 120, ptsDeltas: [120, 41], frames: 2 },
    ];
    const bare = await putSegmentTimes(objects, job, "ep", parallel);
    assert.deepEqual(
      bare.map(({ timesName: _, ...segment }) => segment),
      [
        { startPts: 0, frames: 3 },
        { startPts: 120, frames: 2 },
      ],
    );
    for (const [index, segment] of parallel.entries()) {
      assert.deepEqual(await readSegment(objects, job, "ep", { segments: bare }, index), segment);
    }
    const key = objectKeys.segmentTimes(job, "ep", 1);
    await objects.put(key, "[120,42]");
    await assert.rejects(readSegment(objects, job, "ep", { segments: bare }, 1), IntermediateLost);
    await objects.delete(key);
    await assert.rejects(readSegment(objects, job, "ep", { segments: bare }, 1), IntermediateLost);
    const sequential = await putSegmentTimes(objects, job, "eq", [{ frames: 5 }]);
    assert.deepEqual(await readSegment(objects, job, "eq", { segments: sequential }, 0), {
      frames: 5,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
