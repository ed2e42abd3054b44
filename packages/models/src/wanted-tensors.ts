import { anchorCount } from "./anchors.ts";
import type { DetectionManifest, ModelManifest } from "./manifest.ts";

/** A size, or `any` where the manifest leaves it to the model. */
export type Extent = number | "any";

/** What a manifest says about an input or output of its graph. */
export interface WantedTensor {
  /** The manifest's field that says it. */
  readonly at: string;
  readonly name: string;
  /** Element types that will do. */
  readonly types: readonly string[];
  /** Shapes that will do. */
  readonly shapes: readonly (readonly Extent[])[];
}

const FLOAT = ["float32"];
/** Classes and counts come as any of these. */
const NUMBERS = ["float32", "int32", "int64"];

/** The inputs that a model described so takes. */
export function wantedInputs({ input }: ModelManifest): WantedTensor[] {
  const { name, layout, width, height, sizes } = input;
  const batch = input.batch === "dynamic" ? "any" : input.batch;
  const picture = layout === "nchw" ? [3, height, width] : [height, width, 3];
  const wanted: WantedTensor[] = [
    { at: "input", name, types: FLOAT, shapes: [[batch, ...picture]] },
  ];
  if (sizes !== undefined) {
    wanted.push({ at: "input.sizes", name: sizes.name, types: ["int64"], shapes: [[batch, 2]] });
  }
  return wanted;
}

/**
 * The outputs that a model described so gives, in the manifest's order.
 *
 * @param slots pictures per run
 */
export function wantedOutputs(manifest: ModelManifest, slots: Extent): WantedTensor[] {
  switch (manifest.task) {
    case "detection":
      return detectionOutputs(manifest, slots);
  }
}

function detectionOutputs(
  { input, output, labels }: DetectionManifest,
  slots: Extent,
): WantedTensor[] {
  const classes = labels.length;
  const tensors = (...each: readonly [types: readonly string[], ...shape: Extent[]][]) =>
    each.map(([types, ...shape], index): WantedTensor => {
      const name = output.names[index]!;
      return {
        at: each.length === 1 ? "output" : `output.names.${index}`,
        name,
        types,
        shapes: [shape],
      };
    });
  switch (output.decoder) {
    case "yolox": {
      const anchors = anchorCount(input.width, input.height, output.strides);
      return tensors([FLOAT, slots, anchors, 5 + classes]);
    }
    case "yolov5":
      return tensors([FLOAT, slots, "any", 5 + classes]);
    case "yolov8":
      return tensors([FLOAT, slots, 4 + classes, "any"]);
    case "queries": {
      const logits = output.activation === "softmax" ? classes + 1 : classes;
      return tensors([FLOAT, slots, "any", logits], [FLOAT, slots, "any", 4]);
    }
    case "ssd": {
      const scores = output.background ? classes + 1 : classes;
      return tensors([FLOAT, slots, "any", scores], [FLOAT, slots, "any", 4]);
    }
    case "selected": {
      const wanted = tensors(
        [FLOAT, slots, "any", 4],
        [FLOAT, slots, "any"],
        [NUMBERS, slots, "any"],
      );
      const single = wanted.map((each) => withoutBatch(each, slots));
      if (output.count === undefined) return single;
      const shapes = [[slots], [slots, 1]];
      return [...single, { at: "output.count", name: output.count, types: NUMBERS, shapes }];
    }
    case "table": {
      const columns = output.columns.length;
      const shape = output.columns.includes("image") ? ["any" as const] : [slots, "any" as const];
      const [wanted] = tensors([FLOAT, ...shape, columns]);
      return [output.columns.includes("image") ? wanted! : withoutBatch(wanted!, slots)];
    }
  }
}

/** Models for one picture may leave the batch out of their outputs. */
function withoutBatch(wanted: WantedTensor, slots: Extent): WantedTensor {
  if (slots !== 1) return wanted;
  return { ...wanted, shapes: [...wanted.shapes, ...wanted.shapes.map(([, ...rest]) => rest)] };
}

/** Whether a shape is one of those wanted. A string stands for an extent that is known when the graph runs. */
export function fitsShape(
  shape: readonly (number | string)[],
  { shapes }: Pick<WantedTensor, "shapes">,
): boolean {
  return shapes.some(
    (wanted) =>
      wanted.length === shape.length &&
      shape.every(
        (extent, axis) =>
          typeof extent === "string" || wanted[axis] === "any" || wanted[axis] === extent,
      ),
  );
}

/** For sentences: `float32 [1, 3549, 85]`. */
export function describeWanted({ types, shapes }: WantedTensor): string {
  return `${types.join(" or ")} ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" or ")}`;
}
