import assert from "node:assert/strict";
import { test } from "node:test";
import { AgreementCounter, type LabelledBox } from "./agreement.ts";

const box = (label: string, x: number, y = 0, side = 10): LabelledBox => ({
  label,
  boxXyxy: [x, y, x + side, y + side],
});

test("boxes pair once each, by label and most overlap", () => {
  const counter = new AgreementCounter();
  counter.add([box("car", 0), box("car", 100)], [box("car", 100), box("car", 0)]);
  counter.add([box("car", 0), box("person", 50)], [box("car", 0), box("car", 50)]);
  // both of the first reach the one of the second: the nearer takes it
  counter.add([box("car", 2), box("car", 1)], [box("car", 0)]);
  const { overlap, ...counts } = counter.result();
  assert.deepEqual(counts, {
    ...{ frames: 3, equalFrames: 1, first: 6, second: 5, agreed: 4, share: 8 / 11 },
  });
  assert.ok(Math.abs(overlap - (1 + 1 + 1 + 9 / 11) / 4) < 1e-12);
});

test("little overlap is none, and nothing agrees with nothing", () => {
  const counter = new AgreementCounter();
  counter.add([box("car", 0)], [box("car", 5)]);
  counter.add([], []);
  const { agreed, equalFrames, share } = counter.result();
  assert.deepEqual([agreed, equalFrames, share], [0, 1, 0]);
  assert.deepEqual(new AgreementCounter().result().share, 1);
});
