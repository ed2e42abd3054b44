import assert from "node:assert/strict";
import { test } from "node:test";
import { createScene } from "@framequeue/synth";
import { countsByDefinition, countsOf, countStreet, streetObjects } from "./street-counts.ts";

const PLACES = [
  { x: 160.1, top: 60, bottom: 180 },
  { x: 90.1, top: 80.1, right: 220.1, bottom: 150.1 },
] as const;

test("the boxes of a street's ground truth are counted exactly", () => {
  const scene = createScene({ seed: 3, seconds: 12, width: 320, height: 180 });
  for (const which of ["whole", "seen"] as const) {
    const objects = streetObjects(scene, which);
    const expected = countsByDefinition(objects, PLACES);
    for (const counts of Object.values(expected)) assert.ok(Object.keys(counts).length > 0);
    assert.deepEqual(countsOf(countStreet(objects, scene.fps, PLACES, 0)), expected);
  }
});

test("by the definition: a step over the line at its height, and a path that comes to be inside", () => {
  const path = [
    [150, 100],
    [170, 100],
    [150, 30],
    [100, 100],
    [50, 100],
    [100, 100],
  ];
  const objects = path.map(([x = 0, y = 0]) => [
    { id: 1, label: "car", box: [x - 5, y - 10, 10, 10] as const },
  ]);
  assert.deepEqual(countsByDefinition(objects, PLACES), {
    in: { car: 1 },
    out: { car: 1 },
    enters: { car: 3 },
  });
});
