import type { Letterbox } from "@framequeue/vision";
import type { Tensor } from "onnxruntime-node";
import type { ChunkImages } from "../session/chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import type { ImageManifest } from "../manifest/manifest.ts";
import { CHANNEL_COUNT } from "../manifest/manifest-bounds.ts";
import { floatsOf } from "../tensors/output-tensor.ts";

/** Index, in the model's channels, of each of the planes of `gbrp`. */
const CHANNELS = { rgb: [1, 2, 0], bgr: [1, 0, 2], luma: [0] } as const;

/** Decodes models that make a picture of a picture: bytes in planes, without the input's padding. */
export class ImageDecoder implements Decoder {
  readonly #input: ImageManifest["input"];
  readonly #output: ImageManifest["output"];
  #images: { readonly width: number; readonly height: number; readonly pixels: Uint8Array }[] = [];

  constructor({ input, output }: ImageManifest) {
    this.#input = input;
    this.#output = output;
  }

  add([output]: readonly Tensor[], pictures: readonly (PlacedPicture | undefined)[]): void {
    for (const [slot, picture] of pictures.entries()) {
      if (picture !== undefined)
        this.#images.push(this.#image(floatsOf(output!), slot, picture.plan));
    }
  }

  take(): ChunkImages {
    const images = this.#images;
    const pixels = new Uint8Array(images.reduce((sum, image) => sum + image.pixels.length, 0));
    let at = 0;
    for (const image of images) {
      pixels.set(image.pixels, at);
      at += image.pixels.length;
    }
    this.#images = [];
    const sizes = Int32Array.from(images.flatMap(({ width, height }) => [width, height]));
    return { task: "image-to-image", sizes, pixels };
  }

  #image(
    values: Float32Array,
    slot: number,
    { content, padX, padY }: Letterbox,
  ): { width: number; height: number; pixels: Uint8Array } {
    const { upscale, scale, layout } = this.#output;
    const columns = this.#input.width * upscale;
    const rows = this.#input.height * upscale;
    const width = content.width * upscale;
    const height = content.height * upscale;
    const order = CHANNELS[this.#input.channels];
    const channels = CHANNEL_COUNT[this.#input.channels];
    const [pixelStep, channelStep] = layout === "nhwc" ? [channels, 1] : [1, columns * rows];
    // a clamped array rounds to the nearest, and cuts off what is below 0 or above 255
    const pixels = new Uint8ClampedArray(order.length * width * height);
    let to = 0;
    for (const channel of order) {
      const first = slot * channels * columns * rows + channel * channelStep;
      for (let y = 0; y < height; y++) {
        let from = first + ((y + padY * upscale) * columns + padX * upscale) * pixelStep;
        for (let x = 0; x < width; x++, from += pixelStep) pixels[to++] = values[from]! * scale;
      }
    }
    return { width, height, pixels: new Uint8Array(pixels.buffer) };
  }
}
