import assert from "node:assert/strict";
import { test } from "node:test";
import type { GraphSignature, TensorSignature } from "../manifest/graph-signature.ts";
import { contradictions } from "../manifest/contradictions.ts";
import { parseManifest } from "../manifest/manifest.ts";
import type { Hints } from "./hints.ts";
import { recognize } from "./recognize.ts";
import { parseNames } from "./file-names.ts";
import { testManifest } from "../testing/test-manifest.ts";

type Shape = readonly (number | string)[];
const graph = (input: Shape, output: Shape, type = "float32"): GraphSignature => ({
  inputs: [{ name: "images", type, shape: input }],
  outputs: [{ name: "output", type, shape: output }],
});

const floats = (name: string, ...shape: Shape): TensorSignature => ({
  name,
  type: "float32",
  shape,
});
const ids = (name: string, ...shape: Shape): TensorSignature => ({ name, type: "int64", shape });
const picture = floats("images", "N", 3, 416, 416);

/** What a graph is taken for: task, decoder, side of the input, labels. */
const families: [
  name: string,
  inputs: TensorSignature[],
  outputs: TensorSignature[],
  expected: string,
  hints?: Hints,
][] = [
  ["YOLOX", [picture], [floats("output", "N", 3549, 85)], "detection yolox bgr letterbox 80"],
  [
    "YOLOX of two classes",
    [picture],
    [floats("output", "N", 3549, 7)],
    "detection yolox bgr letterbox 2",
  ],
  ["YOLOv5", [picture], [floats("output0", "N", 10647, 85)], "detection yolov5 rgb letterbox 80"],
  ["YOLOv8", [picture], [floats("output0", "N", 84, 3549)], "detection yolov8 rgb letterbox 80"],
  [
    "YOLOv8 with masks",
    [picture],
    [floats("output0", "N", 39, 3549), floats("output1", "N", 32, 104, 104)],
    "instance-segmentation yolov8 rgb letterbox 3",
  ],
  [
    "YOLOv5 with masks",
    [picture],
    [floats("output0", "N", 10647, 117), floats("output1", "N", 32, 104, 104)],
    "instance-segmentation yolov5 rgb letterbox 80",
  ],
  [
    "RT-DETR with its post-processing",
    [picture, ids("orig_target_sizes", "N", 2)],
    [ids("labels", "N", 300), floats("boxes", "N", 300, 4), floats("scores", "N", 300)],
    "detection selected rgb stretch 80",
  ],
  [
    "raw queries",
    [picture],
    [floats("logits", "N", 300, 80), floats("pred_boxes", "N", 300, 4)],
    "detection queries rgb stretch 80",
  ],
  [
    "Mask R-CNN",
    [floats("image", 3, 416, 416)],
    [
      floats("boxes", "D", 4),
      ids("labels", "D"),
      floats("scores", "D"),
      floats("masks", "D", 1, 28, 28),
    ],
    "instance-segmentation selected rgb letterbox 80",
  ],
  ["YOLOv10", [picture], [floats("output0", "N", 300, 6)], "detection table rgb letterbox 80"],
  ["YOLOv7 with NMS", [picture], [floats("output", "D", 7)], "detection table rgb letterbox 80"],
  [
    "UltraFace",
    [floats("input", 1, 3, 240, 320)],
    [floats("scores", 1, 4420, 2), floats("boxes", 1, 4420, 4)],
    "detection ssd rgb stretch 1",
  ],
  [
    "a classifier",
    [picture],
    [floats("output", "N", 1000)],
    "classification - rgb center-crop 1000",
  ],
  [
    "a classifier whose scores are maps of a pixel",
    [picture],
    [floats("output", "N", 1000, 1, 1)],
    "classification - rgb center-crop 1000",
  ],
  [
    "a classifier whose scores are maps of a pixel, channels last",
    [picture],
    [floats("output", 1, 1, 1, 1000)],
    "classification - rgb center-crop 1000",
  ],
  ["a vector", [picture], [floats("output", "N", 512)], "embedding - rgb stretch -"],
  ["a vector as a map", [picture], [floats("output", "N", 512, 1, 1)], "embedding - rgb stretch -"],
  [
    "YOLOv8 with its numbers row by row",
    [picture],
    [floats("output0", "N", 3549, 84)],
    "detection yolov8 rgb letterbox 80",
  ],
  [
    "the same of one class, by the names in the file",
    [picture],
    [floats("output0", "N", 3549, 5)],
    "detection yolov8 rgb letterbox 1",
    { metadata: new Map([["names", "{0: 'person'}"]]) },
  ],
  [
    "the same with as many numbers as a YOLOX of two classes",
    [picture],
    [floats("output0", "N", 3549, 7)],
    "detection yolov8 rgb letterbox 3",
    { labels: ["a", "b", "c"] },
  ],
  [
    "YOLOv8 with masks, row by row",
    [picture],
    [floats("output0", "N", 3549, 39), floats("output1", "N", 32, 104, 104)],
    "instance-segmentation yolov8 rgb letterbox 3",
  ],
  [
    "poses",
    [picture],
    [floats("output0", "N", 56, 3549)],
    "detection yolov8 rgb letterbox 1",
    {
      metadata: new Map([
        ["task", "pose"],
        ["names", "{0: 'person'}"],
        ["kpt_shape", "[17, 3]"],
      ]),
    },
  ],
  [
    "poses row by row",
    [picture],
    [floats("output0", "N", 3549, 56)],
    "detection yolov8 rgb letterbox 1",
    {
      metadata: new Map([
        ["task", "pose"],
        ["names", "{0: 'person'}"],
        ["kpt_shape", "(17, 3)"],
      ]),
    },
  ],
  [
    "finished poses",
    [picture],
    [floats("output0", "N", 300, 57)],
    "detection table rgb letterbox 1",
    {
      metadata: new Map([
        ["task", "pose"],
        ["names", "{0: 'person'}"],
        ["kpt_shape", "[17, 3]"],
        ["end2end", "True"],
      ]),
    },
  ],
  [
    "a map of classes",
    [picture],
    [floats("out", "N", 21, 52, 52)],
    "semantic-segmentation - rgb stretch 21",
  ],
  [
    "a picture of twice the size",
    [picture],
    [floats("out", "N", 3, 832, 832)],
    "image-to-image - rgb stretch -",
  ],
];
for (const [name, inputs, outputs, expected, hints] of families) {
  test(`recognized: ${name}`, () => {
    const signature = { inputs, outputs };
    const { body, assumptions } = recognize(signature, "x.onnx", hints);
    const decoder = "decoder" in body.output ? body.output.decoder : "-";
    const labels = "labels" in body ? body.labels.length : "-";
    const { channels, fit } = body.input;
    assert.equal([body.task, decoder, channels, fit, labels].join(" "), expected);
    assert.ok(assumptions.length > 1);
    // what is proposed is a valid manifest, and agrees with the graph
    const base = testManifest(new Uint8Array());
    const about = { name: "x", version: "1", description: "", file: "x.onnx", sha256: base.sha256 };
    const whole = { schemaVersion: 1, ...about, license: "", source: "", ...body };
    assert.deepEqual(contradictions(signature, parseManifest(whole, "x.onnx")), []);
  });
}

test("names come from the user, from the file, or from a set of that size", () => {
  const signature = { inputs: [picture], outputs: [floats("output0", "N", 6, 3549)] };
  const labels = (hints: Hints): unknown => {
    const { body } = recognize(signature, "x.onnx", hints);
    return "labels" in body ? body.labels : undefined;
  };
  const metadata = new Map([["names", `{0: 'cat', 1: "driver's seat"}`]]);
  assert.deepEqual(labels({}), ["class 0", "class 1"]);
  assert.deepEqual(labels({ metadata }), ["cat", "driver's seat"]);
  assert.deepEqual(labels({ metadata, labels: ["a", "b"] }), ["a", "b"]);
  assert.throws(() => labels({ labels: ["a"] }), {
    code: "manifest-invalid",
    message: "labels: there are 1, and the model has 2 classes.",
  });
});

test("names in a file that are not as many as its classes are not passed over", () => {
  const signature = { inputs: [picture], outputs: [floats("output0", "N", 56, 3549)] };
  const metadata = new Map([["names", "{0: 'person'}"]]);
  assert.throws(() => recognize(signature, "x.onnx", { metadata }), {
    code: "manifest-invalid",
    message: /labels: the file names 1 \(person\), and its output has 52 classes\. .*--labels FILE/,
  });
  // what it advises
  const labels = Array.from({ length: 52 }, (_, i) => `part ${i}`);
  const { body } = recognize(signature, "x.onnx", { metadata, labels });
  assert.deepEqual("labels" in body && body.labels, labels);
});

test("names come in the ways in which exporters write them", () => {
  const rows: [string, string[] | undefined][] = [
    [`{0: 'cat', 1: "driver's seat"}`, ["cat", "driver's seat"]],
    [`{"0": "cat", "1": "it\\'s"}`, ["cat", "it's"]],
    [`['cat', "dog: small"]`, ["cat", "dog: small"]],
    ["{1: 'cat', 2: 'dog'}", undefined],
    ["", undefined],
  ];
  for (const [text, names] of rows) assert.deepEqual(parseNames(text), names, text);
});

test("a hint decides between a vector and classes, and between outputs", () => {
  const signature = { inputs: [picture], outputs: [floats("output", "N", 512)] };
  assert.equal(
    recognize(signature, "x.onnx", { task: "classification" }).body.task,
    "classification",
  );
  const two = {
    inputs: [picture],
    outputs: [floats("a", "N", 3, 416, 416), floats("b", "N", 3, 416, 416)],
  };
  assert.deepEqual(recognize(two, "x.onnx").body.output.names, ["b"]);
  assert.deepEqual(recognize(two, "x.onnx", { output: "a" }).body.output.names, ["a"]);
});

test("open sides come from a hint, or from what the exporter left", () => {
  const signature = {
    inputs: [floats("images", "N", 3, "h", "w")],
    outputs: [floats("output0", "N", 84, 2100)],
  };
  const { input } = recognize(signature, "x.onnx", { size: { width: 320, height: 320 } }).body;
  assert.deepEqual([input.width, input.height], [320, 320]);
  const metadata = new Map([["imgsz", "[320, 320]"]]);
  assert.equal(recognize(signature, "x.onnx", { metadata }).body.input.width, 320);
});

const ultralytics = (task: string, more: Record<string, string> = {}): Hints => ({
  metadata: new Map(Object.entries({ task, names: "{0: 'person'}", ...more })),
});
const half = (name: string, ...shape: Shape): TensorSignature => ({
  ...floats(name, ...shape),
  type: "float16",
});
const byManifest = /a manifest can describe it \(--manifest FILE/;
const inHalf = /half precision \(.*float16 .*convert it so that inputs and outputs stay float32/;

/** What is said of graphs of no known family. A manifest is named only where one could help. */
const unknown: [name: string, GraphSignature, help: RegExp, hints?: Hints][] = [
  [
    "sides that may vary",
    graph(["N", 3, "h", "w"], ["N", 3549, 85]),
    /sides of its pictures open: name them \(--size WIDTHxHEIGHT/,
  ],
  ["no class", graph([1, 3, 416, 416], [1, 3549, 4]), byManifest],
  [
    "a second input",
    { inputs: [picture, ids("sizes", "N", 2)], outputs: [floats("output", "N", 3549, 85)] },
    byManifest,
  ],
  ["half precision", graph([1, 3, 416, 416], [1, 3549, 85], "float16"), inHalf],
  [
    "results in half precision",
    { inputs: [picture], outputs: [half("output", "N", 3549, 85)] },
    inHalf,
  ],
  [
    "double precision",
    graph([1, 3, 416, 416], [1, 3549, 85], "float64"),
    /enter as float64, .* a cast inside the graph is needed/,
  ],
  ["no input", { inputs: [], outputs: [] }, /It takes no picture: none of its inputs/],
  [
    "sounds",
    { inputs: [floats("waveform", "N", 15600)], outputs: [floats("scores", "N", 521)] },
    /It takes no picture/,
  ],
  [
    "two pictures",
    { inputs: [picture, floats("other", "N", 3, 416, 416)], outputs: [floats("flow", "N", 2)] },
    /It takes two pictures/,
  ],
  [
    "something beside the picture",
    { inputs: [picture, floats("state", 2, 128)], outputs: [floats("output", "N", 3549, 85)] },
    /Nothing can say what its input state float32 \[2, 128\] should get/,
  ],
  [
    "oriented boxes",
    { inputs: [picture], outputs: [floats("output0", 1, 6, 3549)] },
    /oriented boxes \(its file says task obb\), which are not read/,
    ultralytics("obb"),
  ],
  [
    "finished detections with masks",
    {
      inputs: [picture],
      outputs: [floats("output0", 1, 300, 38), floats("output1", 1, 32, 104, 104)],
    },
    /masks belong to finished detections .*end2end=False, nms=False/,
    ultralytics("segment", { end2end: "True" }),
  ],
  [
    "poses of which nothing says how many points they have",
    { inputs: [picture], outputs: [floats("output0", 1, 56, 3549)] },
    /says task pose and not how many key points/,
    ultralytics("pose"),
  ],
];
for (const [name, signature, help, hints] of unknown) {
  test(`not recognized: ${name}`, () => {
    assert.throws(
      () => recognize(signature, "x.onnx", hints),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "model-invalid");
        assert.match(error.message, /^x\.onnx is not a model of a known family: it takes /);
        assert.match(error.message, help);
        assert.equal(error.message.includes("a manifest can"), help === byManifest);
        return true;
      },
    );
  });
}

test("the message says what the graph takes and gives", () => {
  assert.throws(() => recognize(unknown[2]![1], "x.onnx"), {
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
  ["another type", graph(["N", 3, 416, 416], ["N", 3549, 8], "int32"), ["input", "output"]],
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
