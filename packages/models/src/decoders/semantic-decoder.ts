import type { Letterbox, Runs, Size } from "@framequeue/vision";
import { RunBuilder } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import type { ChunkAreas } from "../session/chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import type { SemanticManifest } from "../manifest/manifest.ts";
import { MaskCollector } from "./mask-collector.ts";
import { floatsOf, numbersOf } from "../tensors/output-tensor.ts";

/**
 * Decodes semantic segmentation: a mask in source pixels for each class that a picture shows, by class id. A pixel of
 * the source has the class of the place in the model's output that its centre falls on; the best of the classes is taken
 * there, ties by the lower id. Interpolating the scores first would cost a hundred times as much.
 */
export class SemanticDecoder implements Decoder {
  readonly #input: Size;
  readonly #output: SemanticManifest["output"];
  readonly #classes: number;
  readonly #masks = new MaskCollector();
  #counts: number[] = [];
  #classIds: number[] = [];

  constructor({ input, output, labels }: SemanticManifest) {
    this.#input = input;
    this.#output = output;
    this.#classes = labels.length;
  }

  add([output]: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void {
    for (const [slot, picture] of pictures.entries()) {
      if (picture === undefined) continue;
      const map = this.#classMap(output!, slot);
      let count = 0;
      for (const [classId, runs] of classMasks(map, picture.plan, this.#input)) {
        if (classId === this.#output.background) continue;
        if (classId >= this.#classes) {
          throw new Error(`it found class ${classId}, and there are ${this.#classes} labels`);
        }
        this.#classIds.push(classId);
        this.#masks.add(runs);
        count++;
      }
      this.#counts.push(count);
    }
  }

  take(): ChunkAreas {
    const result = {
      task: "semantic-segmentation",
      counts: Int32Array.from(this.#counts),
      classIds: Int32Array.from(this.#classIds),
      ...this.#masks.take(),
    } as const;
    this.#counts = [];
    this.#classIds = [];
    return result;
  }

  #classMap(tensor: Tensor, slot: number): ClassMap {
    const { dims } = tensor;
    const { gives, layout } = this.#output;
    if (gives === "ids") {
      const [height, width] = dims.slice(-2) as [number, number];
      const numbers = numbersOf(tensor).subarray(
        slot * width * height,
        (slot + 1) * width * height,
      );
      return { width, height, ids: Int32Array.from(numbers, Number) };
    }
    const isLast = layout === "nhwc";
    const [height, width] = (isLast ? dims.slice(1, 3) : dims.slice(2)) as [number, number];
    const pixels = width * height;
    const classes = this.#classes;
    const values = floatsOf(tensor).subarray(
      slot * classes * pixels,
      (slot + 1) * classes * pixels,
    );
    const [pixelStep, classStep] = isLast ? [classes, 1] : [1, pixels];
    const ids = new Int32Array(pixels);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const first = pixel * pixelStep;
      let best = values[first]!;
      for (let c = 1, at = first + classStep; c < classes; c++, at += classStep) {
        if (!(values[at]! > best)) continue;
        best = values[at]!;
        ids[pixel] = c;
      }
    }
    return { width, height, ids };
  }
}

/** A class for each place, row by row. */
interface ClassMap extends Size {
  readonly ids: Int32Array;
}

/** A mask in source pixels for each class of a map that covers the whole input, by class id. */
function classMasks(map: ClassMap, plan: Letterbox, input: Size): [classId: number, runs: Runs][] {
  const { width, height } = plan.source;
  const place = (
    pixel: number,
    scale: number,
    pad: number,
    inputSide: number,
    side: number,
  ): number => clamp(Math.floor((((pixel + 0.5) * scale + pad) * side) / inputSide), side - 1);
  const columnOf = Int32Array.from({ length: width }, (_, x) =>
    place(x, plan.scaleX, plan.padX, input.width, map.width),
  );
  const rowOf = Int32Array.from({ length: height }, (_, y) =>
    place(y, plan.scaleY, plan.padY, input.height, map.height),
  );
  const builders = new Map<number, RunBuilder>();
  let spans: Span[] = [];
  for (let x = 0; x < width; x++) {
    // neighbours that fall on one column of the map have the same spans
    if (x === 0 || columnOf[x] !== columnOf[x - 1]) spans = spansOf(map, columnOf[x]!, rowOf);
    for (const { classId, from, to } of spans) {
      let builder = builders.get(classId);
      if (builder === undefined) builders.set(classId, (builder = new RunBuilder()));
      builder.add(x * height + from, x * height + to);
    }
  }
  return [...builders]
    .sort(([a], [b]) => a - b)
    .map(([classId, builder]) => [classId, builder.finish(width * height)]);
}

/** Rows of the source, the last exclusively, that are of one class in a column. */
interface Span {
  readonly classId: number;
  readonly from: number;
  readonly to: number;
}

function spansOf({ ids, width }: ClassMap, column: number, rowOf: Int32Array): Span[] {
  const spans: Span[] = [];
  for (let y = 0; y < rowOf.length;) {
    const from = y;
    const classId = ids[rowOf[y]! * width + column]!;
    while (y < rowOf.length && ids[rowOf[y]! * width + column] === classId) y++;
    spans.push({ classId, from, to: y });
  }
  return spans;
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}
