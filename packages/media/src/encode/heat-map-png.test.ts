import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { encodeHeatMap } from "./heat-map-png.ts";

const SIZE = { width: 320, height: 180 };

async function opacities(counts: Float64Array): Promise<(x: number, y: number) => number> {
  const png = await encodeHeatMap({ width: 32, height: 18, counts }, SIZE);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [320, 180, 4]);
  return (x, y) => data[(y * SIZE.width + x) * 4 + 3]!;
}

test("nothing seen is a transparent picture", async () => {
  const opacity = await opacities(new Float64Array(32 * 18));
  assert.deepEqual([opacity(0, 0), opacity(160, 90)], [0, 0]);
});

test("the hottest place is the most opaque, and far away from it nothing is seen", async () => {
  const counts = new Float64Array(32 * 18);
  counts[4 * 32 + 8] = 1_000;
  counts[12 * 32 + 24] = 10;
  const opacity = await opacities(counts);
  assert.ok(opacity(85, 45) > opacity(245, 125));
  assert.ok(opacity(245, 125) > 0);
  assert.equal(opacity(5, 175), 0);
});

test("equal counts give equal bytes", async () => {
  const counts = Float64Array.from({ length: 32 * 18 }, (_, i) => i % 7);
  const encode = () => encodeHeatMap({ width: 32, height: 18, counts }, SIZE);
  assert.deepEqual(await encode(), await encode());
});
