import assert from "node:assert/strict";
import { test } from "node:test";
import { placesOf } from "./frame-places.ts";

test("frames are found in the segments that hold them, and the last one holds what is left", () => {
  const segments = [{ frames: 10 }, { frames: 5 }, { frames: 20 }];
  assert.deepEqual(placesOf([36, 9, 0, 15], segments), [
    {
      segment: 0,
      places: [
        { frame: 0, place: 0 },
        { frame: 9, place: 9 },
      ],
    },
    {
      segment: 2,
      places: [
        { frame: 15, place: 0 },
        { frame: 36, place: 21 },
      ],
    },
  ]);
  assert.deepEqual(placesOf([], segments), []);
});

test("many frames of one segment come in several parts", () => {
  const frames = Array.from({ length: 9_000 }, (_, i) => 2 * i);
  const parts = placesOf(frames, [{ frames: 10 }]);
  assert.deepEqual(
    parts.map(({ places }) => places.length),
    [4_000, 4_000, 1_000],
  );
  assert.deepEqual(
    parts.flatMap(({ places }) => places.map(({ place }) => place)),
    frames,
  );
});
