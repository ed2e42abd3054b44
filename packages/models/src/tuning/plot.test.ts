import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tuning } from "@framequeue/contracts";
import { plotTuning, ticksFor } from "./plot.ts";

const setting = (batch: number, sessions: number, framesPerSecond: number, latencyMs: number) => ({
  ...{ batch, threads: 1, sessions, framesPerSecond, latencyMs },
  ...{ peakBytes: 1, exact: true },
});
const tuning = (settings: Tuning["settings"]): Tuning => ({
  ...{ v: 1, sha256: "", class: "cpu", cores: 2, latencyLimitMs: 100 },
  chosen: { batch: 1, threads: 1, sessions: 2 },
  settings,
});

/** Where circles of that radius are, and whether they are hollow. */
function circles(svg: string, radius: string): { x: number; y: number; hollow: boolean }[] {
  const all = svg.matchAll(/<circle cx='([\d.]+)' cy='([\d.]+)' r='([\d.]+)' fill='(\S+)'/g);
  return [...all]
    .filter(([, , , r]) => r === radius)
    .map(([, x, y, , fill]) => ({ x: Number(x), y: Number(y), hollow: fill === "white" }));
}

test("ticks are round numbers up to the largest value", () => {
  assert.deepEqual(ticksFor(72), [0, 20, 40, 60, 80]);
  assert.deepEqual(ticksFor(100), [0, 25, 50, 75, 100]);
  assert.deepEqual(ticksFor(0.9), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(ticksFor(1234), [0, 500, 1000, 1500]);
  for (let value = 0.013; value < 1e5; value *= 1.37) {
    const ticks = ticksFor(value);
    assert.ok(ticks.at(-1)! >= value && ticks.at(-2)! < value, `${value}: ${ticks.join()}`);
    assert.ok(ticks.length >= 3 && ticks.length <= 6, `${value}: ${ticks.join()}`);
  }
});

test("a line for each shape; what is too slow is hollow; the chosen one has a ring", () => {
  const settings = [setting(1, 1, 50, 20), setting(4, 1, 60, 120), setting(1, 2, 90, 30)];
  const svg = plotTuning(tuning(settings), "a < b & c");
  assert.match(svg, /a &lt; b &amp; c/);
  assert.equal(svg.match(/<polyline/g)?.length, 2);
  const points = circles(svg, "3.5");
  const [one, four, two] = points;
  assert.deepEqual([one!.hollow, four!.hollow, two!.hollow], [false, true, false]);
  assert.ok(one!.x < four!.x && one!.x === two!.x);
  assert.ok(one!.y > four!.y && four!.y > two!.y, "faster is higher");
  const [ring] = circles(svg, "7");
  assert.deepEqual([ring!.x, ring!.y], [two!.x, two!.y]);
  assert.match(svg, />over 100 ms</);
});

test("a model of one batch has its points in the middle", () => {
  const svg = plotTuning(tuning([setting(1, 1, 50, 20), setting(1, 2, 90, 30)]), "fixed");
  const [one, two] = circles(svg, "3.5");
  assert.equal(one!.x, two!.x);
  assert.ok(one!.x > 200 && one!.x < 300);
  assert.doesNotMatch(svg, /over 100 ms/);
});
