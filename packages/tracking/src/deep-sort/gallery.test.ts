import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineDistance, unitFeature } from "../appearance/appearance.ts";
import { extendGallery, galleryDistance } from "./gallery.ts";

const feature = (...values: number[]) => unitFeature(values)!;

test("features have length 1; what has no direction is none", () => {
  assert.deepEqual(feature(3, 4), Float32Array.of(0.6, 0.8));
  for (const bad of [[0, 0], [Number.NaN, 1], [Number.POSITIVE_INFINITY, 1], []]) {
    assert.equal(unitFeature(bad), undefined);
  }
});

test("cosine distance: 0 alike, 1 unrelated, 2 opposite", () => {
  assert.equal(cosineDistance(feature(2, 0), feature(5, 0)), 0);
  assert.equal(cosineDistance(feature(1, 0), feature(0, 1)), 1);
  assert.equal(cosineDistance(feature(1, 0), feature(-1, 0)), 2);
  assert.throws(() => cosineDistance(feature(1, 0), feature(1, 0, 0)), RangeError);
});

test("the distance to a gallery is that to its nearest looks", () => {
  const gallery = [feature(1, 0), feature(0, 1)];
  assert.equal(galleryDistance(gallery, feature(0, 7)), 0);
  assert.equal(galleryDistance(gallery, feature(-1, 0)), 1);
  assert.equal(galleryDistance([], feature(1, 0)), Number.POSITIVE_INFINITY);
  assert.equal(galleryDistance(gallery, undefined), Number.POSITIVE_INFINITY);
});

test("a gallery keeps its latest looks", () => {
  let gallery = extendGallery([], undefined, 2);
  for (const x of [1, 2, 3]) gallery = extendGallery(gallery, feature(x, 1), 2);
  assert.deepEqual(gallery, [feature(2, 1), feature(3, 1)]);
});
