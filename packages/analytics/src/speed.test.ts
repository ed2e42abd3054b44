import assert from "node:assert/strict";
import { test } from "node:test";
import { Speedometer } from "./speed.ts";

test("a steady object has its speed, whatever the frame rate", () => {
  for (const rate of [5, 25, 29.97]) {
    const meter = new Speedometer();
    for (let frame = 0; frame <= rate * 3; frame++) {
      const seconds = frame / rate;
      meter.see(seconds, [3 * seconds, 4 * seconds]);
    }
    assert.ok(Math.abs(meter.current! - 5) < 1e-9);
    assert.ok(Math.abs(meter.summary!.mean - 5) < 1e-9);
  }
});

test("what trembles on the spot is slow", () => {
  const meter = new Speedometer();
  for (let frame = 0; frame < 100; frame++) meter.see(frame / 25, [frame % 2, 0]);
  // One pixel in every frame would be 25 pixels per second.
  assert.ok(meter.summary!.max <= 2);
});

test("half a second is the least", () => {
  const meter = new Speedometer();
  for (let frame = 0; frame < 12; frame++) meter.see(frame / 25, [frame, 0]);
  assert.deepEqual([meter.current, meter.summary], [undefined, undefined]);
});

test("over a gap it is the way over the time", () => {
  const meter = new Speedometer();
  meter.see(0, [0, 0]);
  meter.see(4, [8, 0]);
  assert.equal(meter.current, 2);
});
