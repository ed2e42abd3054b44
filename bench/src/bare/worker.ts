import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * One inference thread of the bare program: picture planes into the tensor, run, YOLOX decoding, NMS per class.
 * Written for this benchmark alone, as tight as it goes, and on purpose without any code of the product.
 */
interface Setup {
  readonly model: string;
  readonly pixels: SharedArrayBuffer;
  readonly slots: number;
  readonly width: number;
  readonly height: number;
}

const INPUT = 416;
const STRIDES = [8, 16, 32];
const CLASSES = 80;
const SCORE = 0.4;
const IOU = 0.45;

const { model, pixels, slots, width, height } = workerData as Setup;
const plane = width * height;
const frames = new Uint8Array(pixels);
const input = new Float32Array(3 * INPUT * INPUT).fill(114);
const tensor = new Tensor("float32", input, [1, 3, INPUT, INPUT]);
const session = await InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
});
await session.run({ [session.inputNames[0]!]: tensor }); // warm

// One after the other: the session reads the tensor after `run` has returned, so it must not be filled again before.
let turn: Promise<void> = Promise.resolve();
parentPort!.on("message", (slot: number) => {
  turn = turn.then(() => infer(slot));
});
parentPort!.postMessage("ready");

async function infer(slot: number): Promise<void> {
  fill(slot);
  const output = await session.run({ [session.inputNames[0]!]: tensor });
  const found = detect(output[session.outputNames[0]!]!.data as Float32Array);
  parentPort!.postMessage({ slot, found });
}

/** gbrp planes into the tensor's blue, green, red. */
function fill(slot: number): void {
  if (slot < 0 || slot >= slots) throw new RangeError("no such slot");
  const start = slot * plane * 3;
  for (const [channel, source] of [1, 0, 2].entries()) {
    const from = frames.subarray(start + source * plane, start + (source + 1) * plane);
    const at = channel * INPUT * INPUT;
    if (width === INPUT) {
      input.set(from, at);
    } else {
      for (let y = 0; y < height; y++)
        input.set(from.subarray(y * width, (y + 1) * width), at + y * INPUT);
    }
  }
}

function detect(raw: Float32Array): number {
  const candidates: { score: number; id: number; box: [number, number, number, number] }[] = [];
  let row = 0;
  for (const stride of STRIDES) {
    const side = INPUT / stride;
    for (let gy = 0; gy < side; gy++) {
      for (let gx = 0; gx < side; gx++, row++) {
        const at = row * (5 + CLASSES);
        const objectness = raw[at + 4]!;
        if (objectness < SCORE) continue;
        let id = 0;
        for (let c = 1; c < CLASSES; c++) if (raw[at + 5 + c]! > raw[at + 5 + id]!) id = c;
        const score = objectness * raw[at + 5 + id]!;
        if (score < SCORE) continue;
        const cx = (raw[at]! + gx) * stride;
        const cy = (raw[at + 1]! + gy) * stride;
        const w = Math.exp(raw[at + 2]!) * stride;
        const h = Math.exp(raw[at + 3]!) * stride;
        candidates.push({ score, id, box: [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2] });
      }
    }
  }
  candidates.sort((a, b) => b.score - a.score);
  const kept: typeof candidates = [];
  for (const candidate of candidates) {
    if (
      !kept.some((other) => other.id === candidate.id && overlap(other.box, candidate.box) > IOU)
    ) {
      kept.push(candidate);
    }
  }
  return kept.length;
}

function overlap(a: readonly number[], b: readonly number[]): number {
  const w = Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!);
  const h = Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!);
  if (w <= 0 || h <= 0) return 0;
  const area = (box: readonly number[]): number => (box[2]! - box[0]!) * (box[3]! - box[1]!);
  return (w * h) / (area(a) + area(b) - w * h);
}
