import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { scoreFolder } from "./demo-scores.ts";

/** Scores a folder of these files. */
async function score(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "fq-scores-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await scoreFolder(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const labels = "car\ntruck\nperson\n";
const detection = (x: number, label: string, score: number) => ({
  ...{ box: [x, 0, 10, 10], score, classId: 0, label },
});
const frames = (...rows: object[]): string =>
  ['{"schemaVersion":1,"kind":"frames"}', ...rows.map((row) => JSON.stringify(row))].join("\n") +
  "\n";

test("boxes and tracks are held against the truth, worked out by hand", async () => {
  const scores = await score({
    "labels.txt": labels,
    // A car in both frames, a person in the first, and in the second one that does not count.
    "gt.txt":
      "1,1,0,0,10,10,1,1,1,1\n1,2,50,0,10,10,1,1,1,3\n2,1,0,0,10,10,1,1,1,1\n2,3,90,0,10,10,0,8,0.1,3\n",
    "frames.jsonl": frames(
      { frame: 0, pts: 0, detections: [detection(0, "car", 0.9), detection(50, "truck", 0.8)] },
      { frame: 1, pts: 1, detections: [detection(0, "car", 0.7), detection(90, "person", 0.6)] },
    ),
    "mot.txt":
      "1,5,0,0,10,10,1,-1,-1,-1\n2,6,0,0,10,10,1,-1,-1,-1\n2,7,90,0,10,10,1,-1,-1,-1\n1,8,50,0,10,10,1,-1,-1,-1\n",
  });
  assert.deepEqual(scores.objects, { car: 1, truck: 0, person: 1 });
  assert.deepEqual(scores.detection, {
    ...{ boxes: 3, ap50: 0.5, recall: 2 / 3, precision: 2 / 3 },
    classes: {
      car: { boxes: 2, ap50: 1, recall: 1, precision: 1 },
      truck: { boxes: 0, ap50: null, recall: null, precision: 0 },
      person: { boxes: 1, ap50: 0, recall: 0, precision: null },
    },
  });
  const { mota, idf1, idSwitches, falsePositives, falseNegatives } = scores.tracking;
  assert.deepEqual([idSwitches, falsePositives, falseNegatives], [1, 0, 0]);
  assert.deepEqual([mota, idf1], [2 / 3, 4 / 6]);
});

test("a scene of nothing has no scores, and gaps are passed over", async () => {
  const scores = await score({
    "labels.txt": labels,
    "gt.txt": "",
    "frames.jsonl": frames({ gap: { from: 0, to: 9, reason: "decode-error" } }),
    "mot.txt": "",
  });
  assert.deepEqual(scores.objects, { car: 0, truck: 0, person: 0 });
  assert.equal(scores.detection.ap50, null);
  assert.deepEqual([scores.tracking.mota, scores.tracking.idf1], [0, 0]);
});
