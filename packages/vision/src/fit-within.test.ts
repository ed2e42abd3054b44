import assert from "node:assert/strict";
import { test } from "node:test";
import { fitWithin } from "./fit-within.ts";

test("a size shrinks to fit, keeps its shape, and never grows or vanishes", () => {
  assert.deepEqual(fitWithin({ width: 1920, height: 1080 }, 1280), { width: 1280, height: 720 });
  assert.deepEqual(fitWithin({ width: 1080, height: 1920 }, 1280), { width: 720, height: 1280 });
  assert.deepEqual(fitWithin({ width: 640, height: 360 }, 1280), { width: 640, height: 360 });
  assert.deepEqual(fitWithin({ width: 9000, height: 2 }, 512), { width: 512, height: 1 });
});
