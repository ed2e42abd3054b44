import { takesBytes } from "./input-tensor.ts";
import type { ModelManifest } from "../manifest/manifest.ts";
import { CHANNEL_COUNT } from "../manifest/manifest-bounds.ts";

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

export const FLOAT = ["float32"];
/** Classes and counts come as any of these. */
export const NUMBERS = ["float32", "int32", "int64"];

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

/** The outputs by the manifest's names. */
export function tensors(
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
export function squeezable(wanted: WantedTensor): WantedTensor {
  const maps = wanted.shapes.flatMap(([batch, ...rest]) => [
    [batch!, ...rest, 1, 1],
    [batch!, 1, 1, ...rest],
  ]);
  return { ...wanted, shapes: [...wanted.shapes, ...maps] };
}

/** Models for one picture may leave the batch out of their outputs. */
export function withoutBatch(wanted: WantedTensor, slots: Extent): WantedTensor {
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
