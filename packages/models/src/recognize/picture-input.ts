import type { GraphSignature, TensorSignature } from "../manifest/graph-signature.ts";
import type { InputSpec } from "../manifest/manifest-input.ts";
import type { Hints, PictureInput } from "./hints.ts";

/** The one float32 input of a graph that can be a picture: `[N, C, H, W]`, `[N, H, W, C]` or `[C, H, W]`, C 1 or 3. */
export function pictureInput(
  { inputs }: GraphSignature,
  { size, metadata }: Hints,
): PictureInput | undefined {
  const [found, ...others] = inputs.filter(
    ({ type, shape }) => type === "float32" && shape.length > 2,
  );
  if (found === undefined || others.length > 0) return undefined;
  const layout = layoutOf(found);
  if (layout === undefined) return undefined;
  const axis = { nchw: [1, 2, 3], nhwc: [3, 1, 2], chw: [0, 1, 2] }[layout];
  const [channels, height, width] = axis.map((index) => found.shape[index]!);
  const open = size ?? exportedSize(metadata);
  const [fixedHeight, fixedWidth] = [
    typeof height === "number" ? height : open?.height,
    typeof width === "number" ? width : open?.width,
  ];
  if (fixedHeight === undefined || fixedWidth === undefined) return undefined;
  const [batch] = found.shape;
  return {
    name: found.name,
    layout,
    width: fixedWidth,
    height: fixedHeight,
    channels: channels as 1 | 3,
    batch: layout === "chw" ? 1 : typeof batch === "number" ? batch : "dynamic",
  };
}

/** The input by which a model scales its boxes: int64 `[N, 2]`. */
export function sizesInput({ inputs }: GraphSignature): TensorSignature | undefined {
  return inputs.find(({ type, shape }) => type === "int64" && shape.length === 2 && shape[1] === 2);
}

/** How pixels enter, on top of what the graph says. */
export function inputSpec(
  { channels, ...picture }: PictureInput,
  spec: Partial<InputSpec> & Pick<InputSpec, "fit">,
): InputSpec {
  return {
    ...picture,
    channels: channels === 1 ? "luma" : "rgb",
    scale: 1 / 255,
    mean: Array.from({ length: channels }, () => 0),
    std: Array.from({ length: channels }, () => 1),
    ...(spec.fit === "letterbox" ? { placement: "center" as const, fill: 0 } : {}),
    ...spec,
  };
}

/** Whether a tensor can be pictures, by its shape, and how their axes lie. */
export function layoutOf({ shape }: TensorSignature): PictureInput["layout"] | undefined {
  const isChannels = (extent: number | string | undefined): boolean => extent === 1 || extent === 3;
  if (shape.length === 3) return isChannels(shape[0]) ? "chw" : undefined;
  if (shape.length !== 4) return undefined;
  return isChannels(shape[1]) ? "nchw" : isChannels(shape[3]) ? "nhwc" : undefined;
}

/** `imgsz` of Ultralytics' exports: `[height, width]`. */
function exportedSize(metadata: Hints["metadata"]): { width: number; height: number } | undefined {
  const [, height, width] = /^\[(\d+), ?(\d+)\]$/.exec(metadata?.get("imgsz") ?? "") ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}
