import type { BoxXyxy, Letterbox, Runs, Size } from "@framequeue/vision";
import { RunBuilder } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import type { InstanceManifest } from "../manifest/manifest.ts";
import { floatsOf } from "../tensors/output-tensor.ts";

/** A detection whose mask is wanted. */
export interface MaskedDetection {
  readonly slot: number;
  /** Where in the outputs it stands. */
  readonly place: number;
  /** In source pixels, clipped. */
  readonly box: BoxXyxy;
  /** The same before it was clipped. */
  readonly whole: BoxXyxy;
  readonly plan: Letterbox;
}

/** Reads the mask of a detection, in source pixels, from the outputs of its run. */
export type MaskReader = (outputs: readonly Tensor[], detection: MaskedDetection) => Runs;

export function maskReader(manifest: InstanceManifest): MaskReader {
  const { input, output, labels, thresholds } = manifest;
  switch (output.decoder) {
    case "yolov5":
      return prototypeMasks(input, 5 + labels.length, "rows", thresholds.mask);
    case "yolov8":
      return prototypeMasks(input, 4 + labels.length, output.layout ?? "columns", thresholds.mask);
    case "selected":
      return boxMasks(input, thresholds.mask);
  }
}

/**
 * Masks of coefficients and prototypes: the sum of the prototypes times the coefficients, interpolated between their
 * pixels, inside where its sigmoid is above the threshold, and only inside the detection's box.
 *
 * Source: Bolya et al., "YOLACT: Real-time Instance Segmentation", 2019, section 3; cut to the box at the source's
 * resolution like `process_mask_native` of ultralytics/ultralytics.
 *
 * @param first where the coefficients begin in a detection's numbers
 */
function prototypeMasks(
  input: Size,
  first: number,
  lie: "rows" | "columns",
  threshold: number,
): MaskReader {
  const least = Math.log(threshold / (1 - threshold));
  let sums = new Float32Array();
  return ([numbers, prototypes], { slot, place, box, plan }) => {
    const [, outer, inner] = numbers!.dims as [number, number, number];
    const values = floatsOf(numbers!).subarray(slot * outer * inner, (slot + 1) * outer * inner);
    const [, count, rows, columns] = prototypes!.dims as [number, number, number, number];
    const pixels = rows * columns;
    const planes = floatsOf(prototypes!).subarray(
      slot * count * pixels,
      (slot + 1) * count * pixels,
    );
    const coefficient = (i: number): number =>
      lie === "rows" ? values[place * inner + first + i]! : values[(first + i) * inner + place]!;
    const toColumn = (x: number): number =>
      (((x + 0.5) * plan.scaleX + plan.padX) * columns) / input.width - 0.5;
    const toRow = (y: number): number =>
      (((y + 0.5) * plan.scaleY + plan.padY) * rows) / input.height - 0.5;
    // pixels of the source whose place is in the box
    const [x1, y1, x2, y2] = box.map(Math.ceil) as unknown as BoxXyxy;
    // only where the box can look
    const left = clamp(Math.floor(toColumn(x1)), columns - 1);
    const right = clamp(Math.floor(toColumn(x2)) + 1, columns - 1);
    const top = clamp(Math.floor(toRow(y1)), rows - 1);
    const bottom = clamp(Math.floor(toRow(y2)) + 1, rows - 1);
    if (sums.length !== pixels) sums = new Float32Array(pixels);
    for (let row = top; row <= bottom; row++) {
      const from = row * columns;
      sums.fill(0, from + left, from + right + 1);
      for (let i = 0; i < count; i++) {
        const weight = coefficient(i);
        const plane = i * pixels;
        for (let at = from + left; at <= from + right; at++)
          sums[at]! += weight * planes[plane + at]!;
      }
    }
    const sample = bilinear(sums, { width: columns, height: rows }, "edge");
    return paint(plan.source, [x1, y1, x2, y2], (x, y) => sample(toColumn(x), toRow(y)) > least);
  };
}

/**
 * Masks `[D, 1, h, w]` or `[N, D, h, w]` of probabilities over the detection's box, interpolated between their pixels
 * and 0 outside; or over the whole input, where they have its size.
 *
 * Source: He et al., "Mask R-CNN", 2017, section 3.1; pasted at real coordinates like `paste_masks_in_image` of
 * facebookresearch/detectron2.
 */
function boxMasks(input: Size, threshold: number): MaskReader {
  return ([, , , masks], { slot, place, box, whole, plan }) => {
    const { dims } = masks!;
    const [height, width] = dims.slice(-2) as [number, number];
    const index = slot * dims.at(-3)! + place;
    const pixels = width * height;
    const values = floatsOf(masks!).subarray(index * pixels, (index + 1) * pixels);
    const isWhole = width === input.width && height === input.height;
    const sample = bilinear(values, { width, height }, isWhole ? "edge" : "zero");
    const [left, top, right, bottom] = whole;
    const span: BoxXyxy = [
      Math.floor(box[0]),
      Math.floor(box[1]),
      Math.ceil(box[2]),
      Math.ceil(box[3]),
    ];
    return paint(plan.source, span, (x, y) => {
      const [column, row] = isWhole
        ? [(x + 0.5) * plan.scaleX + plan.padX - 0.5, (y + 0.5) * plan.scaleY + plan.padY - 0.5]
        : [
            ((x + 0.5 - left) / (right - left)) * width - 0.5,
            ((y + 0.5 - top) / (bottom - top)) * height - 0.5,
          ];
      return sample(column, row) >= threshold;
    });
  };
}

/** The mask of the pixels in a box that are inside. */
function paint(
  { width, height }: Size,
  [x1, y1, x2, y2]: BoxXyxy,
  isInside: (x: number, y: number) => boolean,
): Runs {
  const builder = new RunBuilder();
  const right = Math.min(x2, width);
  const bottom = Math.min(y2, height);
  for (let x = Math.max(0, x1); x < right; x++) {
    for (let y = Math.max(0, y1); y < bottom;) {
      const from = y;
      while (y < bottom && isInside(x, y)) y++;
      builder.add(x * height + from, x * height + y);
      // one that is outside
      y++;
    }
  }
  return builder.finish(width * height);
}

/** Interpolates between the pixels of a plane; beyond its border it goes on, or is 0. */
function bilinear(
  plane: Float32Array,
  { width, height }: Size,
  beyond: "edge" | "zero",
): (column: number, row: number) => number {
  const at = (x: number, y: number): number => {
    if (beyond === "edge") {
      return plane[clamp(y, height - 1) * width + clamp(x, width - 1)]!;
    }
    return x < 0 || y < 0 || x >= width || y >= height ? 0 : plane[y * width + x]!;
  };
  return (column, row) => {
    const [x, y] = [Math.floor(column), Math.floor(row)];
    const [dx, dy] = [column - x, row - y];
    const upper = at(x, y) * (1 - dx) + at(x + 1, y) * dx;
    const lower = at(x, y + 1) * (1 - dx) + at(x + 1, y + 1) * dx;
    return upper * (1 - dy) + lower * dy;
  };
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}
