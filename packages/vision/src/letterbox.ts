import type { BoxXyxy, Size } from "./box.ts";

/** Keep the aspect ratio and pad, scale each axis on its own, or keep the aspect ratio and cut off what is too much. */
export type Fit = "letterbox" | "stretch" | "center-crop";

/** Where the picture lies in a padded input. */
export type Placement = "top-left" | "center";

/**
 * How a source picture lies in a network's input. A source point `(x, y)` is at
 * `(x * scaleX + padX, y * scaleY + padY)` in the input, both in pixels with (0, 0) at the
 * outer corner of the first pixel.
 */
export interface Letterbox {
  readonly fit: Fit;
  readonly placement: Placement;
  readonly source: Size;
  readonly input: Size;
  /** Size of the scaled picture; what it leaves of the input is padding, and what reaches over it is cut off. */
  readonly content: Size;
  /** Whole pixels of padding left of the content; negative where it is cut off there. */
  readonly padX: number;
  /** Whole pixels of padding above the content. */
  readonly padY: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/**
 * Plans how to fit a picture into a network's input.
 *
 * With `letterbox` both axes scale by r = min(input width / source width, input height / source
 * height). The content is rounded down to whole pixels, at least 1, but boxes map by r itself, as
 * YOLOX and its kin do. Centred content with an odd rest has the extra pixel to its right or below.
 * With `stretch` the content fills the input and `placement` has no effect.
 *
 * @throws RangeError if a size is not a positive whole number
 */
export function letterbox(
  source: Size,
  input: Size,
  placement: Placement = "top-left",
  fit: Exclude<Fit, "center-crop"> = "letterbox",
): Letterbox {
  for (const extent of [source.width, source.height, input.width, input.height]) {
    if (!Number.isSafeInteger(extent) || extent < 1) {
      throw new RangeError(`a picture's size must be a positive whole number, got ${extent}`);
    }
  }
  const ratioX = input.width / source.width;
  const ratioY = input.height / source.height;
  if (fit === "stretch") {
    const content = { width: input.width, height: input.height };
    return {
      fit,
      placement,
      source,
      input,
      content,
      padX: 0,
      padY: 0,
      scaleX: ratioX,
      scaleY: ratioY,
    };
  }
  const ratio = Math.min(ratioX, ratioY);
  const content = contentSize(source, input);
  const centred = placement === "center";
  return {
    fit,
    placement,
    source,
    input,
    content,
    padX: centred ? Math.floor((input.width - content.width) / 2) : 0,
    padY: centred ? Math.floor((input.height - content.height) / 2) : 0,
    scaleX: ratio,
    scaleY: ratio,
  };
}

/**
 * floor(source * ratio) in whole numbers: source * (input / source) can fall short of input by one
 * rounding step (49 * (1 / 49) is below 1), which would cost a pixel.
 */
function contentSize(source: Size, input: Size): Size {
  const widthLimits = input.width * source.height <= input.height * source.width;
  return widthLimits
    ? {
        width: input.width,
        height: Math.max(1, Math.floor((source.height * input.width) / source.width)),
      }
    : {
        width: Math.max(1, Math.floor((source.width * input.height) / source.height)),
        height: input.height,
      };
}

/** Maps a box from input pixels to source pixels. Does not clip: boxes may reach into the padding. */
export function unletterbox(tensorBox: BoxXyxy, letterbox: Letterbox): BoxXyxy {
  const { padX, padY, scaleX, scaleY } = letterbox;
  return [
    (tensorBox[0] - padX) / scaleX,
    (tensorBox[1] - padY) / scaleY,
    (tensorBox[2] - padX) / scaleX,
    (tensorBox[3] - padY) / scaleY,
  ];
}

/** Maps a box from source pixels to input pixels, the inverse of `unletterbox`. */
export function letterboxBox(sourceBox: BoxXyxy, letterbox: Letterbox): BoxXyxy {
  const { padX, padY, scaleX, scaleY } = letterbox;
  return [
    sourceBox[0] * scaleX + padX,
    sourceBox[1] * scaleY + padY,
    sourceBox[2] * scaleX + padX,
    sourceBox[3] * scaleY + padY,
  ];
}
