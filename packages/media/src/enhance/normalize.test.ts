import assert from "node:assert/strict";
import { test } from "node:test";
import { createNormalizer } from "./normalize.ts";

const size = { width: 40, height: 30 };
const planeBytes = size.width * size.height;

/** Two frames whose green, blue and red planes have different ranges. */
function dullFrames(): Uint8Array {
  const pixels = new Uint8Array(new SharedArrayBuffer(planeBytes * 6));
  for (let index = 0; index < pixels.length; index += 1) {
    const plane = Math.floor(index / planeBytes);
    pixels[index] = 40 + plane * 10 + (index % 100);
  }
  pixels.fill(90, planeBytes * 5);
  return pixels;
}

test("each plane is stretched on its own, in place", async () => {
  const pixels = dullFrames();
  await createNormalizer({ concurrency: 1 })(pixels, size, 2);
  for (let plane = 0; plane < 5; plane += 1) {
    const values = pixels.subarray(plane * planeBytes, (plane + 1) * planeBytes);
    assert.ok(Math.min(...values) === 0 && Math.max(...values) === 255, `plane ${plane}`);
    const middle = 50 * 2.6;
    assert.ok(Math.abs((values[50] ?? 0) - middle) < 8, `plane ${plane}: ${values[50] ?? "-"}`);
  }
  assert.deepEqual(new Set(pixels.subarray(planeBytes * 5)), new Set([90]));
});

test("equal bytes give equal bytes, with any number of threads", async () => {
  const once = dullFrames();
  await createNormalizer({ concurrency: 1 })(once, size, 2);
  const again = dullFrames();
  await createNormalizer({ concurrency: 2 })(again, size, 2);
  assert.deepEqual(again, once);
});

test("too short a buffer is refused", async () => {
  const normalize = createNormalizer({ concurrency: 1 });
  await assert.rejects(normalize(new Uint8Array(10), size, 1), RangeError);
});
