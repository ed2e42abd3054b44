import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  isSavedFeature,
  isSavedGallery,
  packFeature,
  packGallery,
  unpackFeature,
  unpackGallery,
} from "./packed-features.ts";

/** Any floats, those included that no decimal number of few digits gives. */
const feature = (length: number) =>
  fc.float32Array({ minLength: length, maxLength: length, noNaN: true });

test("a feature comes back to the last bit", () => {
  assert.equal(packFeature(Float32Array.of(1, -2)), "AACAPwAAAMA=");
  fc.assert(
    fc.property(feature(3), (values) => {
      // a view into a larger buffer, as features of a gallery may be
      const view = Float32Array.of(9, ...values, 9).subarray(1, 4);
      assert.ok(isSavedFeature(packFeature(view)));
      assert.deepEqual(unpackFeature(packFeature(view)), values);
    }),
  );
});

test("a gallery comes back in its order, also an empty one", () => {
  const galleries = fc.integer({ min: 1, max: 5 }).chain((length) => fc.array(feature(length)));
  fc.assert(
    fc.property(galleries, (gallery) => {
      const saved = packGallery(gallery);
      assert.ok(isSavedGallery(saved));
      assert.deepEqual(unpackGallery(saved), gallery);
    }),
  );
  assert.throws(() => packGallery([Float32Array.of(1), Float32Array.of(0, 1)]), RangeError);
});

test("the form of version 1, lists of numbers, is read", () => {
  assert.ok(isSavedFeature([0.6, 0.8]));
  assert.deepEqual(unpackFeature([0.6, 0.8]), Float32Array.of(0.6, 0.8));
  assert.ok(
    isSavedGallery([
      [1, 0],
      [0.6, 0.8],
    ]),
  );
  assert.deepEqual(
    unpackGallery([
      [1, 0],
      [0.6, 0.8],
    ]),
    [Float32Array.of(1, 0), Float32Array.of(0.6, 0.8)],
  );
  assert.deepEqual(unpackGallery([]), []);
});

test("what is neither is told apart", () => {
  const eight = packFeature(Float32Array.of(1, 2));
  for (const bad of [
    null,
    {},
    [],
    [1, null],
    "AAA",
    "",
    packFeature(Float32Array.of(1)).slice(0, 4),
  ]) {
    assert.ok(!isSavedFeature(bad), JSON.stringify(bad));
  }
  for (const bad of [
    null,
    "text",
    [[]],
    { looks: 3, floats: eight },
    { looks: 0, floats: eight },
    { looks: 1, floats: "" },
    { looks: -1, floats: eight },
    { looks: 1 },
  ]) {
    assert.ok(!isSavedGallery(bad), JSON.stringify(bad));
  }
});
