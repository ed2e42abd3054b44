import assert from "node:assert/strict";
import { test } from "node:test";
import { centerCrop } from "./center-crop.ts";
import { unletterbox } from "./letterbox.ts";

const input = { width: 224, height: 224 };

test("the short side is scaled, the middle stays", () => {
  const plan = centerCrop({ width: 1280, height: 720 }, input, 256);
  assert.deepEqual(plan.content, { width: 455, height: 256 });
  assert.deepEqual([plan.padX, plan.padY], [-115, -16]);
  const portrait = centerCrop({ width: 720, height: 1280 }, input, 256);
  assert.deepEqual(portrait.content, { width: 256, height: 455 });
  assert.deepEqual([portrait.padX, portrait.padY], [-16, -115]);
});

test("a square picture, and one that fits as it is", () => {
  assert.deepEqual(centerCrop({ width: 100, height: 100 }, input, 224).content, input);
  const exact = centerCrop(input, input, 224);
  assert.deepEqual([exact.padX + 0, exact.padY + 0, exact.scaleX], [0, 0, 1]);
});

test("the input's corners lie inside the source", () => {
  const plan = centerCrop({ width: 640, height: 480 }, input, 256);
  const [x1, y1, x2, y2] = unletterbox([0, 0, 224, 224], plan);
  assert.ok(x1 > 0 && y1 > 0 && x2 < 640 && y2 < 480);
  assert.ok(Math.abs((x1 + x2) / 2 - 320) < 2 && Math.abs((y1 + y2) / 2 - 240) < 2);
});

test("a short side below the input is refused", () => {
  assert.throws(() => centerCrop({ width: 10, height: 10 }, input, 200), RangeError);
});
