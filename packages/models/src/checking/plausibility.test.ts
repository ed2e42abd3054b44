import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { GraphBuilder } from "@framequeue/graphs";
import { checkModel } from "./check-model.ts";
import { createDetector } from "../detector.ts";
import type { ModelManifest } from "../manifest/manifest.ts";
import { loadModelPackage, recognizeFile } from "../package/package.ts";
import { blobFrames } from "../testing/blob-frames.ts";
import { fixedModel, type FixedOutput } from "../testing/fixed-model.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";

const SIDE = 64;
/** Cells of strides 8, 16 and 32. */
const CELLS = 64 + 16 + 4;
const INPUT = { name: "images", width: SIDE, height: SIDE };
const oneThread = { workers: 1, threadsPerWorker: 1 };

type Numbers = (cell: number) => readonly number[];

/** A row for each cell, as they come. */
function rows(of: Numbers): Float32Array {
  return Float32Array.from(Array.from({ length: CELLS }, (_, cell) => of(cell)).flat());
}

/** The same as columns. */
function columns(of: Numbers): Float32Array {
  const all = Array.from({ length: CELLS }, (_, cell) => of(cell));
  return Float32Array.from(all[0]!.flatMap((_, i) => all.map((row) => row[i]!)));
}

/** Centre and size in pixels of the input: a grid of small boxes, and in cell 30 one of 20 x 30 around (32, 32). */
const pixels: Numbers = (cell) =>
  cell === 30 ? [32, 32, 20, 30] : [4 + (cell % 8) * 8, 4 + (Math.floor(cell / 8) % 8) * 8, 6, 6];
const score = (cell: number): number => (cell === 30 ? 0.9 : 0.01);

interface Described {
  readonly output: object;
  readonly [field: string]: unknown;
}

/** Writes the graph, with a manifest beside it if it is described. */
async function written(
  folder: string,
  outputs: readonly FixedOutput[],
  described?: Described,
): Promise<string> {
  const bytes = fixedModel(INPUT, outputs);
  const file = join(folder, "m.onnx");
  await writeFile(file, bytes);
  if (described !== undefined) {
    const base = testManifest(bytes);
    const { thresholds, labels, ...rest } = base;
    const isNamed = described["task"] !== "image-to-image";
    const manifest = {
      ...rest,
      ...(isNamed ? { labels } : {}),
      ...(described["task"] === undefined ? { thresholds } : {}),
      ...described,
      input: { ...base.input, ...INPUT, scale: 1 / 255 },
    };
    await writeFile(join(folder, "m.manifest.json"), JSON.stringify(manifest));
  }
  return file;
}

const one = (name: string, shape: readonly number[], data: Float32Array): FixedOutput => ({
  ...{ name, shape, data },
});
const probabilities = Float32Array.from([0.7, 0.2, 0.1]);
const logits = Float32Array.from([4, -2, 1]);

/** The numbers of a model, what its manifest says of them, and what is said of that; undefined where it is right. */
const cases: [name: string, outputs: FixedOutput[], described: Described, RegExp | undefined][] = [
  [
    "columns of YOLOv8",
    [
      one(
        "o",
        [7, CELLS],
        columns((cell) => [...pixels(cell), score(cell), 0, 0]),
      ),
    ],
    { output: { decoder: "yolov8", names: ["o"] } },
    undefined,
  ],
  [
    "rows of YOLOv8",
    [
      one(
        "o",
        [CELLS, 7],
        rows((cell) => [...pixels(cell), score(cell), 0, 0]),
      ),
    ],
    { output: { decoder: "yolov8", names: ["o"], layout: "rows" } },
    undefined,
  ],
  [
    "key points read as classes",
    [
      one(
        "o",
        [7, CELLS],
        columns((cell) => [...pixels(cell), score(cell), 378, 12.5]),
      ),
    ],
    { output: { decoder: "yolov8", names: ["o"] } },
    /its scores go from 378 to 378, and a score is 0 to 1/,
  ],
  [
    "key points that are not read",
    [
      one(
        "o",
        [9, CELLS],
        columns((cell) => [...pixels(cell), score(cell), 0, 0, 378, 12.5]),
      ),
    ],
    { output: { decoder: "yolov8", names: ["o"], unread: 2 } },
    undefined,
  ],
  [
    "shares read as pixels",
    [
      one(
        "o",
        [7, CELLS],
        columns((cell) => [...pixels(cell).map((value) => value / SIDE), score(cell), 0, 0]),
      ),
    ],
    { output: { decoder: "yolov8", names: ["o"] } },
    /all of its boxes are in the first 2 pixels: they are shares of the picture/,
  ],
  [
    "decoded boxes",
    [
      one(
        "o",
        [CELLS, 8],
        rows((cell) => [...pixels(cell), score(cell), 0.9, 0, 0]),
      ),
    ],
    { output: { decoder: "yolov5", names: ["o"] } },
    undefined,
  ],
  [
    "decoded boxes read as raw",
    [
      one(
        "o",
        [CELLS, 8],
        rows((cell) => [...pixels(cell), score(cell), 0.9, 0, 0]),
      ),
    ],
    { output: { decoder: "yolox", names: ["o"], strides: [8, 16, 32] } },
    /only \d+ % of its boxes are in or near the picture of 64x64; one is \[/,
  ],
  [
    "raw boxes read as decoded",
    [
      one(
        "o",
        [CELLS, 8],
        rows((cell) => [0.5, 0.5, -1, -0.5, score(cell), 0.9, 0, 0]),
      ),
    ],
    { output: { decoder: "yolov5", names: ["o"] } },
    /only 0 % of its boxes are in or near/,
  ],
  [
    "logits read as scores",
    [
      one(
        "s",
        [CELLS, 3],
        rows((cell) => [-7, cell === 30 ? 2 : -6, -8]),
      ),
      one(
        "b",
        [CELLS, 4],
        rows(() => [0.2, 0.2, 0.5, 0.6]),
      ),
    ],
    {
      output: {
        ...{ decoder: "ssd", names: ["s", "b"], background: false },
        boxes: { format: "xyxy", space: "share" },
      },
    },
    /its scores go from -8 to 2, and a score is 0 to 1/,
  ],
  [
    "pixels read as shares",
    [
      one(
        "s",
        [CELLS, 3],
        rows((cell) => [0.1, score(cell), 0]),
      ),
      one(
        "b",
        [CELLS, 4],
        rows(() => [20, 20, 50, 60]),
      ),
    ],
    {
      output: {
        ...{ decoder: "ssd", names: ["s", "b"], background: false },
        boxes: { format: "xyxy", space: "share" },
      },
    },
    /only 0 % of its boxes are in or near .*; one is \[1280, 1280, 3200, 3840\]/,
  ],
  [
    "more classes than labels",
    [
      one("b", [2, 4], Float32Array.from([0, 0, 9, 9, 9, 9, 30, 30])),
      one("s", [2], Float32Array.from([0.9, 0.8])),
      { ...one("l", [2], Float32Array.from([0, 90])), type: "int64" },
    ],
    {
      output: {
        ...{ decoder: "selected", names: ["b", "s", "l"] },
        boxes: { format: "xyxy", space: "input" },
      },
    },
    /it found something of class 90, and there are 3 labels/,
  ],
  [
    "probabilities of a classifier",
    [one("o", [3], probabilities)],
    { task: "classification", output: { names: ["o"], activation: "none" } },
    undefined,
  ],
  [
    "logits of a classifier, as a map of a pixel",
    [one("o", [3, 1, 1], logits)],
    { task: "classification", output: { names: ["o"], activation: "softmax" } },
    undefined,
  ],
  [
    "probabilities read as logits",
    [one("o", [3], probabilities)],
    { task: "classification", output: { names: ["o"], activation: "softmax" } },
    /their sum is 1: probabilities, and the manifest's output\.activation is softmax/,
  ],
  [
    "logits read as probabilities",
    [one("o", [3], logits)],
    { task: "classification", output: { names: ["o"], activation: "none" } },
    /its numbers go from -2 to 4: logits, and the manifest's output\.activation is none/,
  ],
  [
    "bytes read as shares",
    [one("o", [3, SIDE, SIDE], new Float32Array(3 * SIDE * SIDE).fill(120))],
    {
      task: "image-to-image",
      output: { names: ["o"], layout: "nchw", upscale: 1, scale: 255 },
    },
    /its values go up to 120, which output\.scale makes 30600, and a pixel is 0 to 255/,
  ],
];
for (const [name, outputs, described, message] of cases) {
  test(`${message === undefined ? "taken" : "refused"} when it is tried: ${name}`, async () => {
    await using folder = await temporaryFolder();
    const file = await written(folder.path, outputs, described);
    if (message === undefined) {
      await checkModel(file);
      return;
    }
    await assert.rejects(checkModel(file), (error: Error & { code?: string }) => {
      assert.equal(error.code, "model-invalid");
      assert.match(error.message, /^The model is not what its manifest says, or what it was taken/);
      assert.match(error.message, message);
      return true;
    });
  });
}

/** Bare files of which shapes leave two readings. */
const bare: [name: string, FixedOutput[], wanted: (manifest: ModelManifest) => unknown, unknown][] =
  [
    [
      "raw rows are YOLOX's",
      [
        one(
          "o",
          [CELLS, 8],
          rows((cell) => [0.5, 0.5, 0.2, 0.3, score(cell), 0.9, 0, 0]),
        ),
      ],
      ({ output, input }) => [output, input.channels, input.placement],
      [{ decoder: "yolox", names: ["o"], strides: [8, 16, 32] }, "bgr", "top-left"],
    ],
    [
      "pixels with an objectness are a YOLOX's that was exported with its decoding",
      [
        one(
          "o",
          [CELLS, 8],
          rows((cell) => [...pixels(cell), score(cell), 0.9, 0, 0]),
        ),
      ],
      ({ output, input }) => [output, input.channels, input.placement],
      [{ decoder: "yolov5", names: ["o"] }, "bgr", "top-left"],
    ],
    [
      "pixels with an objectness of 1 are YOLOv6's",
      [
        one(
          "o",
          [CELLS, 8],
          rows((cell) => [...pixels(cell), 1, score(cell), 0, 0]),
        ),
      ],
      ({ output, input }) => [output, input.channels, input.placement],
      [{ decoder: "yolov5", names: ["o"] }, "rgb", "center"],
    ],
    [
      "a classifier's probabilities stay as they are",
      [one("o", [3], probabilities)],
      ({ output }) => output,
      { names: ["o"], activation: "none" },
    ],
    [
      "a classifier's logits do not",
      [one("o", [3], logits)],
      ({ output }) => output,
      { names: ["o"], activation: "softmax" },
    ],
  ];
for (const [name, outputs, wanted, expected] of bare) {
  test(`what comes out decides: ${name}`, async () => {
    await using folder = await temporaryFolder();
    const { manifest, assumptions } = await recognizeFile(await written(folder.path, outputs));
    assert.deepEqual(wanted(manifest), expected);
    assert.ok(assumptions.length > 1);
    await checkModel(join(folder.path, "m.onnx"));
  });
}

test("decoded boxes of a bare file are where they are, and a pose is a box of a person", async () => {
  await using folder = await temporaryFolder();
  const source = { width: SIDE, height: SIDE };
  const frames = blobFrames(source, [[]]);
  const decoded = [
    one(
      "o",
      [CELLS, 8],
      rows((cell) => [...pixels(cell), 1, score(cell), 0, 0]),
    ),
  ];
  const pose = one(
    "output0",
    [56, CELLS],
    columns((cell) => [...pixels(cell), score(cell), ...Array<number>(51).fill(40)]),
  );
  const metadata = { task: "pose", names: "{0: 'person'}", kpt_shape: "[17, 3]" };
  const files = [await written(folder.path, decoded), join(folder.path, "pose.onnx")] as const;
  await writeFile(files[1], fixedModel(INPUT, [pose], "N", metadata));
  for (const file of files) {
    const model = await loadModelPackage(file);
    await using detector = await createDetector(model, oneThread);
    const [found] = await detector.detect(frames, { from: 0, to: 1 }, source);
    assert.deepEqual([...found!.boxes], [22, 17, 42, 47]);
    assert.deepEqual([...found!.classIds], [0]);
  }
});

/** Finished detections that nothing is seen of in the test picture; in a dark picture one has the score and box given. */
function darkDetector(darkScore: number, box: readonly number[]): Uint8Array {
  const graph = new GraphBuilder({ name: "dark" });
  const images = graph.input("images", "float32", ["N", 3, SIDE, SIDE]);
  const mean = graph.node("ReduceMean", [images], { axes: [1, 2, 3], keepdims: 0 });
  const isDark = graph.node("Clip", [
    graph.node("Sub", [graph.float32([50]), mean]),
    graph.float32([0]),
    graph.float32([1]),
  ]);
  const column = graph.node("Reshape", [isDark, graph.int64([-1, 1, 1])]);
  const row = graph.float32([...box, darkScore, 0], [1, 1, 6]);
  graph.output(graph.node("Mul", [column, row], {}, "o"), "float32", ["N", 1, 6]);
  return graph.toBytes();
}

const frames: [name: string, score: number, box: readonly number[], message: RegExp | undefined][] =
  [
    ["a box in the picture", 0.8, [10, 10, 30, 40], undefined],
    ["a box beyond the border", 0.8, [-20, 10, 30, 90], undefined],
    ["a score above 1", 1.5, [10, 10, 30, 40], /score 1\.5, and a score is 0 to 1/],
    [
      "boxes of another space",
      0.8,
      [640, 640, 1920, 2560],
      /all that it found is far outside the picture of 64x64; the last goes from \[640, 640/,
    ],
  ];
for (const [name, darkScore, box, message] of frames) {
  test(`on a frame: ${name}`, async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "dark.onnx");
    const bytes = darkDetector(darkScore, box);
    await writeFile(file, bytes);
    const base = testManifest(bytes);
    const manifest = {
      ...base,
      input: { ...base.input, ...INPUT },
      output: {
        ...{ decoder: "table", names: ["o"], space: "input" },
        columns: ["x1", "y1", "x2", "y2", "score", "class"],
      },
    };
    await writeFile(join(folder.path, "dark.manifest.json"), JSON.stringify(manifest));
    const model = await loadModelPackage(file);
    const source = { width: SIDE, height: SIDE };
    const dark = blobFrames(source, [[], [], []]);
    // however its frames are dealt: whether it is refused depends on them alone
    for (const tensorBatch of [1, 2]) {
      for (const workers of [1, 2]) {
        await using detector = await createDetector(model, { ...oneThread, workers, tensorBatch });
        const found = detector.detect(dark, { from: 0, to: 3 }, source);
        if (message === undefined) assert.equal((await found)[2]!.scores.length, 1);
        else await assert.rejects(found, { code: "model-invalid", message });
      }
    }
  });
}
