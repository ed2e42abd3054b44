import assert from "node:assert/strict";
import { test } from "node:test";
import type { DetectionRow } from "@framequeue/contracts";
import { Trails } from "./overlay-trails.ts";

function person(trackId: number | undefined, x: number): DetectionRow {
  const box: [number, number, number, number] = [x, 10, 4, 20];
  return {
    box,
    score: 0.9,
    classId: 0,
    label: "person",
    ...(trackId === undefined ? {} : { trackId }),
  };
}

test("a trail is the middles of the lower edges, oldest first, at most twenty", () => {
  const trails = new Trails();
  let trail: readonly unknown[] = [];
  for (let frame = 0; frame < 30; frame += 1) {
    const detection = person(1, frame);
    trail = trails.advance({ frame, pts: frame, detections: [detection] })(detection);
  }
  assert.equal(trail.length, 20);
  assert.deepEqual(
    [trail[0], trail[19]],
    [
      [12, 30],
      [31, 30],
    ],
  );
});

test("what is no track has no trail", () => {
  const detection = person(undefined, 0);
  const trailOf = new Trails().advance({ frame: 0, pts: 0, detections: [detection] });
  assert.deepEqual(trailOf(detection), []);
});

test("tracks that are gone are forgotten", () => {
  const trails = new Trails();
  for (let frame = 0; frame < 1000; frame += 1) {
    trails.advance({ frame, pts: frame, detections: [person(frame, 0)] });
  }
  assert.ok(trails.size <= 31);
});
