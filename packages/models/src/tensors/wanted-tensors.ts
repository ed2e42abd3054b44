import { takesBytes } from "./input-tensor.ts";
import { anchorCount } from "../decoders/anchors.ts";
import type {
  DetectionManifest,
  ImageManifest,
  InstanceManifest,
  ModelManifest,
  SemanticManifest,
} from "../manifest/manifest.ts";
import { CHANNEL_COUNT } from "../manifest/manifest-facts.ts";

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
  const channels = CHANNEL_COUNT[input.channels];
  const shapes: Record<typeof layout, Extent[]> = {
    nchw: [batch, channels, height, width],
    nhwc: [batch, height, width, channels],
    chw: [channels, height, width],
  };
  const types = takesBytes(input) ? [...FLOAT, "uint8"] : FLOAT;
  const wanted: WantedTensor[] = [{ at: "input", name, types, shapes: [shapes[layout]] }];
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
    case "instance-segmentation":
      return instanceOutputs(manifest, slots);
    case "semantic-segmentation":
      return [semanticOutput(manifest, slots)];
    case "classification":
      return tensors(manifest, [FLOAT, slots, manifest.labels.length]).map(squeezable);
    case "embedding":
      return tensors(manifest, [FLOAT, slots, manifest.output.dimensions]).map(squeezable);
    case "image-to-image":
      return [imageOutput(manifest, slots)];
  }
}

/** The outputs by the manifest's names. */
function tensors(
  { output }: Pick<ModelManifest, "output">,
  ...each: readonly [types: readonly string[], ...shape: Extent[]][]
): WantedTensor[] {
  return each.map(([types, ...shape], index) => {
    const name = output.names[index]!;
    const at = each.length === 1 ? "output" : `output.names.${index}`;
    return { at, name, types, shapes: [shape] };
  });
}

/** Vectors and scores of classes may come as maps of one pixel, channels first or last. */
function squeezable(wanted: WantedTensor): WantedTensor {
  const maps = wanted.shapes.flatMap(([batch, ...rest]) => [
    [batch!, ...rest, 1, 1],
    [batch!, 1, 1, ...rest],
  ]);
  return { ...wanted, shapes: [...wanted.shapes, ...maps] };
}

function instanceOutputs(manifest: InstanceManifest, slots: Extent): WantedTensor[] {
  const { output } = manifest;
  const prototypes = [FLOAT, slots, "any", "any", "any"] as const;
  switch (output.decoder) {
    // the number of coefficients is not in the manifest
    case "yolov5":
      return tensors(manifest, [FLOAT, slots, "any", "any"], [...prototypes]);
    case "yolov8":
      return tensors(manifest, [FLOAT, slots, "any", "any"], [...prototypes]);
    case "selected": {
      const [boxes, scores, found, masks] = tensors(
        manifest,
        [FLOAT, slots, "any", 4],
        [FLOAT, slots, "any"],
        [NUMBERS, slots, "any"],
        [FLOAT, slots, "any", "any", "any"],
      );
      const single = [boxes!, scores!, found!].map((each) => withoutBatch(each, slots));
      const alone: Extent[][] = [
        ["any", 1, "any", "any"],
        ["any", "any", "any"],
      ];
      const shapes = slots === 1 ? [...masks!.shapes, ...alone] : masks!.shapes;
      return [...single, { ...masks!, shapes }];
    }
  }
}

function semanticOutput(manifest: SemanticManifest, slots: Extent): WantedTensor {
  const { gives, layout } = manifest.output;
  const classes = manifest.labels.length;
  if (gives === "scores") {
    return layout === "nhwc"
      ? tensors(manifest, [FLOAT, slots, "any", "any", classes])[0]!
      : tensors(manifest, [FLOAT, slots, classes, "any", "any"])[0]!;
  }
  const [wanted] = tensors(manifest, [NUMBERS, slots, "any", "any"]);
  return { ...wanted!, shapes: [...wanted!.shapes, [slots, 1, "any", "any"]] };
}

function imageOutput(manifest: ImageManifest, slots: Extent): WantedTensor {
  const { input, output } = manifest;
  const channels = CHANNEL_COUNT[input.channels];
  const [height, width] = [input.height * output.upscale, input.width * output.upscale];
  return output.layout === "nhwc"
    ? tensors(manifest, [FLOAT, slots, height, width, channels])[0]!
    : tensors(manifest, [FLOAT, slots, channels, height, width])[0]!;
}

function detectionOutputs(manifest: DetectionManifest, slots: Extent): WantedTensor[] {
  const { input, output, labels } = manifest;
  const classes = labels.length;
  switch (output.decoder) {
    case "yolox": {
      const anchors = anchorCount(input.width, input.height, output.strides);
      return tensors(manifest, [FLOAT, slots, anchors, 5 + classes]);
    }
    case "yolov5":
      return tensors(manifest, [FLOAT, slots, "any", 5 + classes]);
    case "yolov8": {
      const numbers = 4 + classes + (output.unread ?? 0);
      return output.layout === "rows"
        ? tensors(manifest, [FLOAT, slots, "any", numbers])
        : tensors(manifest, [FLOAT, slots, numbers, "any"]);
    }
    case "queries": {
      const logits = output.activation === "softmax" ? classes + 1 : classes;
      return tensors(manifest, [FLOAT, slots, "any", logits], [FLOAT, slots, "any", 4]);
    }
    case "ssd": {
      const scores = output.background ? classes + 1 : classes;
      return tensors(manifest, [FLOAT, slots, "any", scores], [FLOAT, slots, "any", 4]);
    }
    case "selected": {
      const wanted = tensors(
        manifest,
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
      const [wanted] = tensors(manifest, [FLOAT, ...shape, columns]);
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
