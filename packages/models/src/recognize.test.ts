import assert from "node:assert/strict";
import { test } from "node:test";
import type { GraphSignature } from "./graph-signature.ts";
import { COCO_LABELS } from "./coco-labels.ts";
import { contradictions } from "./contradictions.ts";
import { recognizeDetector } from "./recognize.ts";
import { testManifest } from "./testing/test-manifest.ts";

type Shape = readonly (number | string)[];
const graph = (input: Shape, output: Shape, type = "float32"): GraphSignature => ({
  inputs: [{ name: "images", type, shape: input }],
  outputs: [{ name: "output", type, shape: output }],
});

test("YOLOX with COCO's classes", () => {
  const found = recognizeDetector(graph([1, 3, 416, 416], [1, 3549, 85]), "x.onnx");
  assert.deepEqual(found.labels, COCO_LABELS);
  assert.equal(found.input.batch, 1);
  assert.deepEqual([found.input.width, found.input.height], [416, 416]);
  assert.match(found.assumptions.join(" "), /COCO/);
});

test("YOLOX with other classes, sides and any batch", () => {
  const found = recognizeDetector(graph(["N", 3, 64, 96], ["N", 126, 7]), "x.onnx");
  assert.deepEqual(found.labels, ["class 0", "class 1"]);
  assert.equal(found.input.batch, "dynamic");
  assert.deepEqual([found.input.width, found.input.height], [96, 64]);
});

const unknown: [string, GraphSignature][] = [
  ["a classifier", graph([1, 3, 224, 224], [1, 1000])],
  ["three anchors per cell", graph([1, 3, 416, 416], [1, 10647, 85])],
  ["channels last", graph([1, 416, 416, 3], [1, 3549, 85])],
  ["sides that may vary", graph(["N", 3, "h", "w"], ["N", 3549, 85])],
  ["no class", graph([1, 3, 416, 416], [1, 3549, 5])],
  ["another element type", graph([1, 3, 416, 416], [1, 3549, 85], "float16")],
  ["no input", { inputs: [], outputs: [] }],
  [
    "a second input",
    {
      inputs: [
        { name: "images", type: "float32", shape: ["N", 3, 416, 416] },
        { name: "sizes", type: "int64", shape: ["N", 2] },
      ],
      outputs: [{ name: "output", type: "float32", shape: ["N", 3549, 85] }],
    },
  ],
];
for (const [name, signature] of unknown) {
  test(`not recognized: ${name}`, () => {
    assert.throws(() => recognizeDetector(signature, "x.onnx"), {
      code: "model-invalid",
      message: /x\.onnx is not a detector of a known family: it takes .* --manifest FILE/,
    });
  });
}

test("the message says what the graph takes and gives", () => {
  assert.throws(() => recognizeDetector(unknown.at(-1)![1], "x.onnx"), {
    message:
      /it takes images float32 \[N, 3, 416, 416\], sizes int64 \[N, 2\] and gives output float32 \[N, 3549, 85\]/,
  });
});

const manifest = testManifest(new Uint8Array());
const rows: [string, GraphSignature, string[]][] = [
  ["a graph that agrees", graph(["N", 3, 416, 416], ["N", 3549, 8]), []],
  ["sides that the graph leaves open", graph(["N", 3, "h", "w"], ["N", "a", 8]), []],
  ["a fixed batch", graph([1, 3, 416, 416], [1, 3549, 8]), ["input.batch"]],
  ["other sides", graph(["N", 3, 640, 640], ["N", 8400, 8]), ["input", "output"]],
  ["other classes", graph(["N", 3, 416, 416], ["N", 3549, 85]), ["output"]],
  ["another type", graph(["N", 3, 416, 416], ["N", 3549, 8], "uint8"), ["input", "output"]],
  ["other names", { inputs: [], outputs: [] }, ["input.name", "output.names"]],
];
for (const [name, signature, expected] of rows) {
  test(`a manifest against ${name}`, () => {
    assert.deepEqual(
      contradictions(signature, manifest).map(({ at }) => at),
      expected,
    );
  });
}
