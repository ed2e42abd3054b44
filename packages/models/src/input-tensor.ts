import type { Size } from "@framequeue/vision";
import type { InputSpec } from "./manifest-input.ts";

/** Where a picture's content lies in the input, in whole pixels. */
export interface Content extends Size {
  readonly padX: number;
  readonly padY: number;
}

/** Index, in the planes of `gbrp`, of each of the model's channels. */
const PLANES = { rgb: [2, 0, 1], bgr: [1, 0, 2] } as const;

/**
 * The one input tensor of a session, reused for every run: `[slots, 3, H, W]` or `[slots, H, W, 3]`, float32. What no
 * content covers holds the fill value; it is written again only when the content's place changes.
 */
export class InputTensor {
  readonly data: Float32Array<ArrayBuffer>;
  readonly dims: readonly number[];
  readonly #spec: InputSpec;
  readonly #slotLength: number;
  /** Byte value to tensor value per channel; undefined where they are the same. */
  readonly #tables: readonly Float32Array[] | undefined;
  readonly #place: (Content | undefined)[] = [];

  constructor(spec: InputSpec, slots: number) {
    const { width, height, layout, scale, mean, std } = spec;
    this.#spec = spec;
    this.#slotLength = 3 * width * height;
    this.data = new Float32Array(slots * this.#slotLength);
    this.dims = layout === "nchw" ? [slots, 3, height, width] : [slots, height, width, 3];
    const plain = scale === 1 && mean.every((v) => v === 0) && std.every((v) => v === 1);
    this.#tables = plain
      ? undefined
      : [0, 1, 2].map((channel) =>
          Float32Array.from({ length: 256 }, (_, value) => this.#normalized(value, channel)),
        );
    for (let slot = 0; slot < slots; slot++) this.clear(slot);
  }

  /**
   * Puts one `gbrp` picture into a slot.
   *
   * @param planes green, blue, red, each `content.width` × `content.height` bytes without padding
   */
  place(slot: number, planes: Uint8Array, content: Content): void {
    const before = this.#place[slot];
    const moved =
      before === undefined ||
      before.width !== content.width ||
      before.height !== content.height ||
      before.padX !== content.padX ||
      before.padY !== content.padY;
    if (moved) {
      if (before !== undefined) this.clear(slot);
      this.#place[slot] = content;
    }
    const size = content.width * content.height;
    const order = PLANES[this.#spec.channels];
    for (let channel = 0; channel < 3; channel++) {
      const start = order[channel]! * size;
      const plane = planes.subarray(start, start + size);
      if (this.#tables === undefined && this.#spec.layout === "nchw") {
        this.#copyPlane(slot, channel, plane, content);
      } else {
        this.#convertPlane(slot, channel, plane, content);
      }
    }
  }

  /** Fills a whole slot with the fill value. */
  clear(slot: number): void {
    const { width, height, layout, fill } = this.#spec;
    const start = slot * this.#slotLength;
    const values = [0, 1, 2].map((channel) => this.#normalized(fill, channel));
    this.#place[slot] = undefined;
    if (layout === "nchw") {
      const plane = width * height;
      values.forEach((value, channel) => {
        this.data.fill(value, start + channel * plane, start + (channel + 1) * plane);
      });
      return;
    }
    for (let i = 0; i < this.#slotLength; i++) this.data[start + i] = values[i % 3]!;
  }

  #normalized(value: number, channel: number): number {
    const { scale, mean, std } = this.#spec;
    return (value * scale - mean[channel]!) / std[channel]!;
  }

  /** `TypedArray.set` converts bytes to floats at memory speed: all that models like YOLOX need. */
  #copyPlane(slot: number, channel: number, plane: Uint8Array, content: Content): void {
    const { width, height } = this.#spec;
    const { width: columns, height: rows, padX, padY } = content;
    let at = slot * this.#slotLength + channel * width * height + padY * width + padX;
    if (columns === width) {
      this.data.set(plane, at);
      return;
    }
    for (let from = 0; from < rows * columns; from += columns, at += width) {
      this.data.set(plane.subarray(from, from + columns), at);
    }
  }

  #convertPlane(slot: number, channel: number, plane: Uint8Array, content: Content): void {
    const { width, height, layout } = this.#spec;
    const { width: columns, height: rows, padX, padY } = content;
    const table = this.#tables?.[channel];
    const step = layout === "nchw" ? 1 : 3;
    const first =
      slot * this.#slotLength + (layout === "nchw" ? channel * width * height : channel);
    const data = this.data;
    let from = 0;
    for (let y = 0; y < rows; y++) {
      let at = first + ((padY + y) * width + padX) * step;
      for (let x = 0; x < columns; x++, at += step) {
        const value = plane[from++]!;
        data[at] = table === undefined ? value : table[value]!;
      }
    }
  }
}
