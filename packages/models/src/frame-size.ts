import type { Size } from "@framequeue/vision";
import { letterbox } from "@framequeue/vision";
import type { InputSpec } from "./manifest-input.ts";

/**
 * The size in which a model wants a source's frames: scaled to fit its input, without padding; the whole input where
 * the model stretches.
 */
export function frameSizeOf(source: Size, input: InputSpec): Size {
  return letterbox(source, input, input.placement, input.fit).content;
}
