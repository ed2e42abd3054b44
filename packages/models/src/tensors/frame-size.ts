import type { Letterbox, Size } from "@framequeue/vision";
import { centerCrop, letterbox } from "@framequeue/vision";
import type { InputSpec } from "../manifest/manifest-input.ts";

/** How a picture lies in a model's input. */
export function placementOf(source: Size, input: InputSpec): Letterbox {
  return input.fit === "center-crop"
    ? centerCrop(source, input, input.shortSide!)
    : letterbox(source, input, input.placement, input.fit);
}

/**
 * The size in which a model wants a source's frames: scaled to fit its input, without padding; the whole input where
 * the model stretches; the whole scaled picture where it looks at the middle.
 */
export function frameSizeOf(source: Size, input: InputSpec): Size {
  return placementOf(source, input).content;
}
