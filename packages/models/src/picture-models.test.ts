import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Size } from "@framequeue/vision";
import { roleOf } from "@framequeue/contracts";
import { decodeMask } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import { CATALOGUE } from "./package/catalogue.ts";
import type { ModelManifest } from "./manifest/manifest.ts";
import type { ModelPackage } from "./package/package.ts";
import type { PictureModel } from "./picture-model.ts";
import {
  createClassifier,
  createEmbedder,
  createImageModel,
  createSegmenter,
} from "./picture-model.ts";
import type { DirectInput } from "./testing/direct-run.ts";
import { BGR, directTensor, openDirect, RGB } from "./testing/direct-run.ts";
import {
  frameBytesOf,
  lacks,
  sharedData,
  TEN_VIDEOS,
  videoFrames,
  videoSize,
} from "./testing/video-frames.ts";

const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;
const imagenet = (byte: number, channel: number): number =>
  (byte / 255 - MEAN[channel]!) / STD[channel]!;
const ONE_THREAD = { workers: 1, threadsPerWorker: 1 };

/** Not in the catalogue, because the repository that it is from states no licence. */
const osnet: ModelManifest = {
  ...CATALOGUE.find(({ name }) => name === "person-reid-0287")!.manifest,
  name: "osnet-x0-25",
  task: "embedding",
  sha256: "61b2604171ef9d58d21758626f83b35a253c3d7123976523a6e03068c3c95d7b",
  input: {
    ...{ name: "images", layout: "nchw", width: 128, height: 256, channels: "rgb" },
    ...{ scale: 1 / 255, mean: [...MEAN], std: [...STD] },
    ...{ fit: "stretch", placement: "top-left", fill: 0, batch: "dynamic" },
  },
  output: { names: ["output"], dimensions: 512 },
};

function packageOf(file: string, name: string): ModelPackage {
  const manifest =
    name === osnet.name ? osnet : CATALOGUE.find((entry) => entry.name === name)!.manifest;
  const { version, sha256 } = manifest;
  return {
    file: join(sharedData, "models", file),
    manifest,
    ref: { role: roleOf(manifest.task), name, version, sha256 },
    assumptions: [],
  };
}

interface Case<R> {
  readonly file: string;
  readonly name: string;
  readonly open: (model: ModelPackage) => Promise<PictureModel<R>>;
  readonly input: DirectInput;
  readonly compare: (
    answer: R,
    outputs: Record<string, Tensor>,
    source: Size,
    what: string,
  ) => void;
  /** The part of the frame that is the input. */
  readonly crop?: (frame: Uint8Array, size: Size) => ArrayLike<number>;
}

/** Runs a model on frames of ten videos, and a session of its own beside it. */
function parity<R>({ file, name, open, input, compare, crop }: Case<R>): void {
  const title = `${name} equals a direct run of its documented contract on frames of ten videos`;
  test(title, { skip: lacks(join("models", file)) }, async () => {
    const model = packageOf(file, name);
    await using direct = await openDirect(model.file);
    await using opened = await open(model);
    for (const [video, second] of TEN_VIDEOS) {
      const source = await videoSize(video);
      const frames = await videoFrames(video, second, 1, opened.frameSize(source));
      const [answer] = await opened.look(frames, { from: 0, to: 1 }, source);
      const frame = frameBytesOf(frames, 0);
      const tensor = directTensor(input, crop === undefined ? frame : crop(frame, frames));
      compare(answer!, await direct.run({ [input.name]: tensor }), source, video);
    }
  });
}

/** The middle of 224x224 of a frame whose short side is 256. */
function middle(frame: Uint8Array, { width, height }: Size): Uint8Array {
  const left = Math.floor((width - 224) / 2);
  const top = Math.floor((height - 224) / 2);
  const cut = new Uint8Array(3 * 224 * 224);
  for (let plane = 0; plane < 3; plane++) {
    for (let y = 0; y < 224; y++) {
      const from = (plane * height + top + y) * width + left;
      cut.set(frame.subarray(from, from + 224), (plane * 224 + y) * 224);
    }
  }
  return cut;
}

parity({
  file: "squeezenet_qdq_int8.onnx",
  name: "squeezenet-int8",
  open: (model) => createClassifier(model, ONE_THREAD),
  input: {
    ...{ name: "input", layout: "nchw", width: 224, height: 224, planes: RGB },
    value: imagenet,
  },
  crop: middle,
  compare({ scores, classIds }, { output }, _source, what) {
    const logits = [...(output!.data as Float32Array)];
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    const wanted = logits
      .map((logit, classId) => ({ score: Math.exp(logit) / sum, classId }))
      .sort((a, b) => b.score - a.score || a.classId - b.classId)
      .slice(0, 5);
    assert.deepEqual(
      [...classIds],
      wanted.map(({ classId }) => classId),
      what,
    );
    wanted.forEach(({ score }, i) => assert.ok(Math.abs(scores[i]! - score) < 1e-4, what));
  },
});

const embedders: [file: string, name: string, input: DirectInput, output: string][] = [
  [
    "person-reidentification-retail-0287.onnx",
    "person-reid-0287",
    {
      ...{ name: "inputs:0", layout: "nhwc", width: 128, height: 256, planes: BGR },
      value: (byte) => byte,
    },
    "Identity:0",
  ],
  [
    "osnet_x0_25_msmt17.onnx",
    osnet.name,
    {
      ...{ name: "images", layout: "nchw", width: 128, height: 256, planes: RGB },
      value: imagenet,
    },
    "output",
  ],
];
for (const [file, name, input, output] of embedders) {
  parity({
    file,
    name,
    open: (model) => createEmbedder(model, ONE_THREAD),
    input,
    compare(vector, outputs, _source, what) {
      const values = [...(outputs[output]!.data as Float32Array)];
      const length = Math.hypot(...values);
      assert.equal(vector.length, values.length);
      assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-6, what);
      values.forEach((value, i) => assert.ok(Math.abs(vector[i]! - value / length) < 1e-4, what));
    },
  });
}

parity({
  file: "deeplabv3_mobilenetv2_257.onnx",
  name: "deeplabv3-mobilenetv2",
  open: (model) => createSegmenter(model, ONE_THREAD),
  input: {
    ...{ name: "sub_7", layout: "nhwc", width: 257, height: 257, planes: RGB },
    value: (byte) => byte / 127.5 - 1,
  },
  compare({ classIds, masks }, outputs, { width, height }, what) {
    const logits = outputs["ResizeBilinear_3"]!.data as Float32Array;
    const classes = Array.from({ length: 257 * 257 }, (_, pixel) => {
      const own = [...logits.subarray(21 * pixel, 21 * pixel + 21)];
      return own.indexOf(Math.max(...own));
    });
    const seen = new Int32Array(width * height);
    for (const [i, classId] of classIds.entries()) {
      assert.notEqual(classId, 0, "no mask of the background");
      decodeMask(masks[i]!, width, height).forEach((inside, pixel) => {
        if (inside === 1) seen[pixel] = classId;
      });
    }
    let off = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const column = Math.floor(((x + 0.5) * 257) / width);
        const row = Math.floor(((y + 0.5) * 257) / height);
        if (seen[y * width + x] !== classes[row * 257 + column]) off++;
      }
    }
    // the logits on each side of a border may differ in their last bits
    assert.ok(off <= (width * height) / 1000, `${what}: ${off} pixels differ`);
  },
});

parity({
  file: "sci_medium_512x512.onnx",
  name: "sci-medium",
  open: (model) => createImageModel(model, ONE_THREAD),
  input: {
    ...{ name: "input_image", layout: "nchw", width: 512, height: 512, planes: RGB },
    value: (byte) => byte / 255,
  },
  compare({ width, height, pixels }, outputs, _source, what) {
    assert.deepEqual([width, height], [512, 512]);
    const values = outputs["30"]!.data as Float32Array;
    const size = 512 * 512;
    // planes of the answer: green, blue, red; of the model: red, green, blue
    for (const [plane, channel] of [1, 2, 0].entries()) {
      for (let i = 0; i < size; i++) {
        const wanted = values[channel * size + i]! * 255;
        const off = Math.abs(pixels[plane * size + i]! - Math.min(255, Math.max(0, wanted)));
        assert.ok(off <= 0.51, `${what}: off by ${off}`);
      }
    }
  },
});

parity({
  file: "super_resolution_x3.onnx",
  name: "super-resolution-x3",
  open: (model) => createImageModel(model, ONE_THREAD),
  input: {
    ...{ name: "input", layout: "nchw", width: 224, height: 224, planes: [0] },
    value: (byte) => byte / 255,
  },
  crop: luma,
  compare({ width, height, pixels }, { output }, _source, what) {
    assert.deepEqual([width, height, pixels.length], [672, 672, 672 * 672]);
    const values = output!.data as Float32Array;
    let worst = 0;
    values.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(pixels[i]! - Math.min(255, Math.max(0, value * 255))));
    });
    assert.ok(worst <= 0.51, `${what}: off by ${worst}`);
  },
});

/** Brightness, not rounded to bytes. */
function luma(frame: Uint8Array): Float64Array {
  const size = 224 * 224;
  return Float64Array.from({ length: size }, (_, i) => {
    const [green, blue, red] = [frame[i]!, frame[size + i]!, frame[2 * size + i]!];
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
}
