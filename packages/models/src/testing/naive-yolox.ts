import type { Size } from "@framequeue/vision";
import { InferenceSession, Tensor } from "onnxruntime-node";

export interface Found {
  readonly box: readonly [number, number, number, number];
  readonly score: number;
  readonly classId: number;
}

export interface NaiveContract {
  /** Path of the ONNX file. */
  readonly model: string;
  /** The network's input. */
  readonly width: number;
  readonly height: number;
  /** Which of the frame's planes (green, blue, red) goes into each channel. */
  readonly planes: readonly [number, number, number];
  readonly minScore: number;
  readonly iou: number;
}

/** The contract of YOLOX written down a second time, as plainly as possible, for one top-left letterboxed frame. */
export async function naiveYolox(
  contract: NaiveContract,
  pixels: Uint8Array,
  size: Size,
  source: Size,
): Promise<Found[]> {
  const { width, height, minScore, iou } = contract;
  const session = await InferenceSession.create(contract.model, { intraOpNumThreads: 1 });
  const input = new Float32Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const plane = contract.planes[c]!;
        const inside = y < size.height && x < size.width;
        input[(c * height + y) * width + x] = inside
          ? pixels[(plane * size.height + y) * size.width + x]!
          : 114;
      }
    }
  }
  const { output } = await session.run({
    images: new Tensor("float32", input, [1, 3, height, width]),
  });
  const rows = output!.data as Float32Array;
  const length = output!.dims[2]!;
  await session.release();
  const ratio = Math.min(width / source.width, height / source.height);
  const all: Found[] = [];
  let row = 0;
  for (const stride of [8, 16, 32]) {
    for (let gy = 0; gy < height / stride; gy++) {
      for (let gx = 0; gx < width / stride; gx++) {
        const v = rows.subarray(row * length, (row + 1) * length);
        row++;
        const [cx, cy] = [(v[0]! + gx) * stride, (v[1]! + gy) * stride];
        const [w, h] = [Math.exp(v[2]!) * stride, Math.exp(v[3]!) * stride];
        const classes = [...v.subarray(5)];
        const best = Math.max(...classes);
        const score = v[4]! * best;
        if (score < minScore) continue;
        const box = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2] as const;
        all.push({ box, score, classId: classes.indexOf(best) });
      }
    }
  }
  all.sort((a, b) => b.score - a.score);
  const kept: Found[] = [];
  for (const one of all) {
    const rival = kept.some((k) => k.classId === one.classId && overlap(k.box, one.box) > iou);
    if (!rival) kept.push(one);
  }
  const clip = (value: number, limit: number): number => Math.max(0, Math.min(limit, value));
  return kept.map(({ box, score, classId }) => ({
    box: [
      clip(box[0] / ratio, source.width),
      clip(box[1] / ratio, source.height),
      clip(box[2] / ratio, source.width),
      clip(box[3] / ratio, source.height),
    ],
    score,
    classId,
  }));
}

function overlap(a: Found["box"], b: Found["box"]): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = (box: Found["box"]): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}
