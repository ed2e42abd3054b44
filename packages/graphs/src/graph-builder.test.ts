import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "./graph-builder.ts";
import { testDetector } from "./test-detector.ts";

test("a value must exist before it is used, and only once", () => {
  const graph = new GraphBuilder({ name: "g" });
  graph.input("x", "float32", [1]);
  assert.throws(() => graph.input("x", "float32", [1]), /already has a value x/);
  assert.throws(() => graph.node("Relu", ["y"]), /no value y/);
  assert.throws(() => graph.output("y", "float32", [1]), /no value y/);
});

test("a constant must fill its shape", () => {
  const graph = new GraphBuilder({ name: "g" });
  assert.throws(() => graph.float32([1, 2, 3], [2, 2]), /3 numbers do not fill the shape \[2, 2\]/);
  assert.throws(() => graph.int64([1, 2], []), RangeError);
});

test("equal graphs have equal bytes", () => {
  assert.deepEqual(testDetector({ width: 64 }), testDetector({ width: 64 }));
  assert.notDeepEqual(testDetector({ width: 64 }), testDetector({ width: 96 }));
});

test("the test detector refuses sides that its strides do not divide", () => {
  for (const width of [0, 100, 33.5, Number.NaN]) {
    assert.throws(() => testDetector({ width }), /multiples of 32/);
  }
});
