import assert from "node:assert/strict";
import { test } from "node:test";
import { TrackCollector } from "./track-collector.ts";

test("a track's row holds its span, its mean score, its best view and its path", () => {
  const collector = new TrackCollector();
  collector.add({ frame: 0, pts: 10, detections: [], tracks: [[2, 0, 0, 10, 10, 1, 0.5, 0]] });
  collector.add({ frame: 1, gap: "inference-error" });
  collector.add({
    frame: 2,
    pts: 30,
    detections: [],
    tracks: [
      [2, 1, 1, 20, 10, 1, 0.8, 0],
      [1, 5, 5, 4, 4, 0, 0.9, 1],
    ],
  });
  collector.add({ frame: 3, pts: 40, detections: [], tracks: [[2, 2, 2, 10, 10, 1, 0.9, 0]] });
  assert.deepEqual(collector.rows(["car"]), [
    {
      trackId: 1,
      classId: 0,
      label: "car",
      score: 0.9,
      first: { frame: 2, pts: 30 },
      last: { frame: 2, pts: 30 },
      observed: 1,
      best: { frame: 2, box: [5, 5, 4, 4] },
      path: [[2, 5, 5, 4, 4]],
    },
    {
      trackId: 2,
      classId: 1,
      label: "class 1",
      score: 0.7333,
      first: { frame: 0, pts: 10 },
      last: { frame: 3, pts: 40 },
      observed: 3,
      best: { frame: 2, box: [1, 1, 20, 10] },
      path: [
        [0, 0, 0, 10, 10],
        [2, 1, 1, 20, 10],
        [3, 2, 2, 10, 10],
      ],
    },
  ]);
});
