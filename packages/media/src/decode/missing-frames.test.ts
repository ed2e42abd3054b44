import assert from "node:assert/strict";
import { test } from "node:test";
import { toDeltas } from "@framequeue/contracts";
import fc from "fast-check";
import { placeMissing } from "./missing-frames.ts";

const place = (expected: number[], got: number[], frames = expected.length) =>
  placeMissing({ frames, expectedDeltas: toDeltas(expected) }, got).map((span) => [
    span.before,
    span.frames,
  ]);

const table: [name: string, expected: number[], got: number[], missing: number[][]][] = [
  ["none", [0, 1, 2], [0, 1, 2], []],
  ["before the first", [0, 1, 2, 3], [2, 3], [[0, 2]]],
  ["in between", [0, 1, 2, 3, 4, 5], [0, 3, 5], [[1, 2], [2, 1]]], // prettier-ignore
  ["behind the last", [0, 1, 2, 3], [0, 1], [[2, 2]]],
  ["all", [0, 1], [], [[0, 2]]],
  ["a frame with a time of its own", [0, 10, 20, 30], [0, 11, 30], [[2, 1]]],
  ["more than were promised", [0, 1], [0, 1, 2], []],
  ["times twice", [0, 1, 1, 2], [0, 1, 2], [[2, 1]]],
  ["two recordings", [0, 1, 2, 0, 1, 2], [0, 2, 1, 2], [[1, 1], [2, 1]]], // prettier-ignore
  ["a recording that ends early", [5, 6, 7, 0, 1], [5, 0, 1], [[1, 2]]],
];

for (const [name, expected, got, missing] of table) {
  test(`missing frames: ${name}`, () => assert.deepEqual(place(expected, got), missing));
}

test("what the index promises beyond its packets is missing at the end", () => {
  assert.deepEqual(place([0, 1, 2], [0, 2], 5), [
    [1, 1],
    [2, 2],
  ]);
});

test("without times, what is missing is put behind the last frame", () => {
  assert.deepEqual(placeMissing({ frames: 9 }, [0, 1]), [{ before: 2, frames: 7 }]);
  assert.deepEqual(placeMissing({ frames: 2 }, [0, 1, 2]), []);
});

test("whatever is dropped is found where it was", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.boolean()), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (drawn) => {
      let pts = 0;
      const frames = drawn.map(([step, isKept]) => ({ pts: (pts += step), isKept }));
      const got = frames.filter(({ isKept }) => isKept).map((frame) => frame.pts);
      const spans = place(
        frames.map((frame) => frame.pts),
        got,
      );
      const before = (i: number) => frames.slice(0, i).filter(({ isKept }) => isKept).length;
      const lost = frames.flatMap(({ isKept }, i) => (isKept ? [] : [before(i)]));
      assert.deepEqual(
        spans.flatMap(([at, count]) => Array<number>(count!).fill(at!)),
        lost,
      );
    }),
    { seed: 7 },
  );
});
