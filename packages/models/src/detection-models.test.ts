import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Size } from "@framequeue/vision";
import { Tensor } from "onnxruntime-node";
import { CATALOGUE } from "./package/catalogue.ts";
import { createDetector } from "./detector.ts";
import type { DirectInput } from "./testing/direct-run.ts";
import { directTensor, openDirect, RGB } from "./testing/direct-run.ts";
import type { Found } from "./testing/naive-detection.ts";
import { assertEqualDetections, byScore, clipped, naiveNms } from "./testing/naive-detection.ts";
import {
  frameBytesOf,
  lacks,
  sharedData,
  TEN_VIDEOS,
  videoFrames,
  videoSize,
} from "./testing/video-frames.ts";

interface Contract {
  readonly file: string;
  /** In the catalogue. */
  readonly name: string;
  readonly input: DirectInput;
  readonly extraFeeds?: (source: Size) => Record<string, Tensor>;
  /** What the authors' own post-processing finds. */
  readonly decode: (outputs: Record<string, Tensor>, source: Size) => Found[];
}

const contracts: Contract[] = [
  {
    file: "deimv2_hgnetv2_femto_coco.onnx",
    name: "deimv2-femto",
    input: {
      ...{ name: "images", layout: "nchw", width: 416, height: 416, planes: RGB },
      value: (byte) => byte / 255,
    },
    extraFeeds: ({ width, height }) => ({
      orig_target_sizes: new Tensor("int64", [BigInt(width), BigInt(height)], [1, 2]),
    }),
    decode({ labels, boxes, scores }) {
      const classes = labels!.data as BigInt64Array;
      const corners = boxes!.data as Float32Array;
      const all = Array.from(scores!.data as Float32Array, (score, i): Found => {
        const [x1, y1, x2, y2] = corners.subarray(4 * i, 4 * i + 4);
        return { box: [x1!, y1!, x2!, y2!], score, classId: Number(classes[i]!) };
      });
      return byScore(all.filter(({ score }) => score >= 0.45));
    },
  },
  {
    file: "ultraface_rfb_320.onnx",
    name: "ultraface-rfb-320",
    input: {
      ...{ name: "input", layout: "nchw", width: 320, height: 240, planes: RGB },
      value: (byte) => (byte - 127) / 128,
    },
    decode({ scores, boxes }, { width, height }) {
      const probabilities = scores!.data as Float32Array;
      const corners = boxes!.data as Float32Array;
      const all: Found[] = [];
      for (let i = 0; i < 4420; i++) {
        const score = probabilities[2 * i + 1]!;
        if (score < 0.7) continue;
        const [x1, y1, x2, y2] = corners.subarray(4 * i, 4 * i + 4);
        const box = [x1! * width, y1! * height, x2! * width, y2! * height] as const;
        all.push({ box, score, classId: 0 });
      }
      return naiveNms(all, 0.3);
    },
  },
];

const FRAMES = 2;
for (const { file, name, input, extraFeeds, decode } of contracts) {
  const model = join(sharedData, "models", file);
  test(
    `${name} equals a direct run of its documented contract on frames of ten videos`,
    { skip: lacks(join("models", file)) },
    async () => {
      const { manifest } = CATALOGUE.find((entry) => entry.name === name)!;
      const ref = {
        role: "detector",
        name,
        version: manifest.version,
        sha256: manifest.sha256,
      } as const;
      await using direct = await openDirect(model);
      await using detector = await createDetector(
        { file: model, manifest, ref, assumptions: [] },
        { workers: 1, threadsPerWorker: 1 },
      );
      let compared = 0;
      for (const [video, second] of TEN_VIDEOS) {
        const source = await videoSize(video);
        const frames = await videoFrames(video, second, FRAMES, detector.frameSize(source));
        assert.equal(frames.frames, FRAMES);
        const found = await detector.detect(frames, { from: 0, to: FRAMES }, source);
        for (const [i, detections] of found.entries()) {
          const tensor = directTensor(input, frameBytesOf(frames, i));
          const outputs = await direct.run({ [input.name]: tensor, ...extraFeeds?.(source) });
          const wanted = clipped(decode(outputs, source), source);
          assertEqualDetections(detections, wanted, `frame ${i} of ${video}`);
          compared += wanted.length;
        }
      }
      assert.ok(compared > 5, `${compared} detections were compared`);
    },
  );
}
