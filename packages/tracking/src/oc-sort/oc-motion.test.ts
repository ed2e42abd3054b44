import assert from "node:assert/strict";
import { test } from "node:test";
import type { BoxXyxy } from "@framequeue/vision";
import { momentumBonus, directionBetween, earlierBox, remember } from "./oc-motion.ts";
import type { Sighting } from "./oc-motion.ts";

const at = (x: number, y: number): BoxXyxy => [x - 5, y - 5, x + 5, y + 5];
const seen = (...frames: number[]): Sighting[] =>
  frames.map((frame) => ({ frame, box: at(frame, 0) }));

test("a direction has length 1, or none where nothing moved", () => {
  const [x, y] = directionBetween(at(10, 10), at(13, 14));
  assert.ok(Math.abs(x - 0.6) < 1e-6 && Math.abs(y - 0.8) < 1e-6);
  assert.deepEqual(directionBetween(at(10, 10), at(10, 10)), [0, 0]);
});

test("the earlier box is delta frames back, else the next after that, else the last", () => {
  assert.deepEqual(earlierBox(seen(5, 6, 7, 8, 9), 10, 3), at(7, 0));
  assert.deepEqual(earlierBox(seen(5, 8, 9), 10, 3), at(8, 0));
  assert.deepEqual(earlierBox(seen(2, 4), 10, 3), at(4, 0));
  assert.equal(earlierBox([], 10, 3), undefined);
});

test("sightings that no later frame looks at are forgotten", () => {
  const framesOf = (sightings: Sighting[]) => sightings.map(({ frame }) => frame);
  assert.deepEqual(framesOf(remember(seen(7, 8, 9), seen(10)[0]!, 3)), [8, 9, 10]);
  assert.deepEqual(framesOf(remember(seen(2, 3), seen(10)[0]!, 3)), [10]);
});

test("momentum: ahead +1/2, aside 0, behind -1/2, times inertia and score", () => {
  const places = [at(20, 0), at(10, 10), at(0, 0)];
  const observations = places.map((box, detection) => ({ box, score: 0.5, classId: 0, detection }));
  const bonus = momentumBonus(observations, [{ direction: [1, 0] }], [at(10, 0)], 0.2);
  assert.equal(bonus.bound, 0.05);
  for (const [row, expected] of [0.05, 0, -0.05].entries()) {
    assert.ok(Math.abs(bonus.of(row, 0) - expected) < 1e-4, `${bonus.of(row, 0)}`);
  }
});

test("momentum: nothing without a direction or an earlier box", () => {
  const observations = [{ box: at(20, 0), score: 1, classId: 0, detection: 0 }];
  const tracks = [{ direction: null }, { direction: [1, 0] as const }];
  const bonus = momentumBonus(observations, tracks, [at(0, 0), undefined], 0.2);
  assert.deepEqual([bonus.of(0, 0), bonus.of(0, 1)], [0, 0]);
});
