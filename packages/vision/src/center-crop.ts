import type { Size } from "./box.ts";
import type { Letterbox } from "./letterbox.ts";

/**
 * Plans the middle of a picture as a network's input: the picture is scaled until its shorter side has so many pixels,
 * the longer rounded down, and what reaches over the input is cut off on both sides. Padding is negative then.
 *
 * Source: the usual evaluation of ImageNet classifiers, for instance torchvision's `Resize` and `CenterCrop`.
 *
 * @param shortSide at least as long as the input's sides
 * @throws RangeError if a size is not a positive whole number, or the short side is shorter than the input
 */
export function centerCrop(source: Size, input: Size, shortSide: number): Letterbox {
  for (const extent of [source.width, source.height, input.width, input.height, shortSide]) {
    if (!Number.isSafeInteger(extent) || extent < 1) {
      throw new RangeError(`a picture's size must be a positive whole number, got ${extent}`);
    }
  }
  if (shortSide < input.width || shortSide < input.height) {
    throw new RangeError(
      `a short side of ${shortSide} does not fill ${input.width}x${input.height}`,
    );
  }
  const isWide = source.width > source.height;
  const longSide = (long: number, short: number): number => Math.floor((shortSide * long) / short);
  const content = {
    width: isWide ? longSide(source.width, source.height) : shortSide,
    height: isWide ? shortSide : longSide(source.height, source.width),
  };
  return {
    fit: "center-crop",
    placement: "center",
    source,
    input,
    content,
    padX: -Math.floor((content.width - input.width) / 2),
    padY: -Math.floor((content.height - input.height) / 2),
    scaleX: content.width / source.width,
    scaleY: content.height / source.height,
  };
}
