import type { Size } from "@framequeue/vision";
import type { InputSpec } from "../manifest/manifest-input.ts";
import { CHANNEL_COUNT } from "../manifest/manifest-bounds.ts";

/** Where a picture's content lies in the input, in whole pixels; negative where it is cut off at the left or top. */
export interface Content extends Size {
  readonly padX: number;
  readonly padY: number;
}

/** Index, in the planes of `gbrp`, of each of the model's channels. */
const PLANES = { rgb: [2, 0, 1], bgr: [1, 0, 2] } as const;

/** Share of each of the planes of `gbrp` in the brightness (ITU-R BT.601). */
const LUMA = [0.587, 0.114, 0.299] as const;

/** The part of a content that lies inside the input. */
interface Window {
  readonly fromX: number;
  readonly fromY: number;
  readonly columns: number;
  readonly rows: number;
  /** Its first element of a channel, counted in pixels from the slot's start. */
  readonly at: number;
}

/** Whether the values of pixels go into the tensor as they are, so that bytes can hold them. */
export function takesBytes({ scale, mean, std, channels }: InputSpec): boolean {
  return channels !== "luma" && isPlain(scale, mean, std);
}

function isPlain(scale: number, mean: readonly number[], std: readonly number[]): boolean {
  return scale === 1 && mean.every((value) => value === 0) && std.every((value) => value === 1);
}

/**
 * The one input tensor of a session, reused for every run: `[slots, C, H, W]`, `[slots, H, W, C]` or `[C, H, W]`,
 * float32, or bytes where the model takes those. What no content covers holds the fill value; it is written again only when the content's place changes.
 */
export class InputTensor {
  readonly data: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly dims: readonly number[];
  readonly #spec: InputSpec;
  readonly #channels: number;
  readonly #slotLength: number;
  /** From one pixel of a channel to the next, and from one channel to the next. */
  readonly #pixelStep: number;
  readonly #channelStep: number;
  /** Byte value to tensor value per channel; undefined where they are the same. */
  readonly #tables: readonly Float32Array[] | undefined;
  readonly #place: (Content | undefined)[] = [];

  /** @param type of the graph's input; bytes only where {@link takesBytes} */
  constructor(spec: InputSpec, slots: number, type: "float32" | "uint8" = "float32") {
    const { width, height, layout, scale, mean, std, channels } = spec;
    this.#spec = spec;
    this.#channels = CHANNEL_COUNT[channels];
    this.#slotLength = this.#channels * width * height;
    this.#pixelStep = layout === "nhwc" ? this.#channels : 1;
    this.#channelStep = layout === "nhwc" ? 1 : width * height;
    const length = slots * this.#slotLength;
    this.data = type === "uint8" ? new Uint8Array(length) : new Float32Array(length);
    const whole = {
      nchw: [slots, this.#channels, height, width],
      chw: [this.#channels, height, width],
    };
    this.dims = layout === "nhwc" ? [slots, height, width, this.#channels] : whole[layout];
    this.#tables = isPlain(scale, mean, std)
      ? undefined
      : mean.map((_, channel) =>
          Float32Array.from({ length: 256 }, (_value, value) => this.#normalized(value, channel)),
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
    const window = this.#window(slot, content);
    const { channels } = this.#spec;
    if (channels === "luma") {
      this.#placeLuma(planes, content, window);
      return;
    }
    const size = content.width * content.height;
    for (let channel = 0; channel < 3; channel++) {
      const start = PLANES[channels][channel]! * size;
      const plane = planes.subarray(start, start + size);
      if (this.#tables === undefined && this.#pixelStep === 1) {
        this.#copyPlane(channel, plane, content, window);
      } else {
        this.#convertPlane(channel, plane, content, window);
      }
    }
  }

  /** Fills a whole slot with the fill value. */
  clear(slot: number): void {
    const { width, height, fill = 0 } = this.#spec;
    const start = slot * this.#slotLength;
    this.#place[slot] = undefined;
    const pixels = width * height;
    for (let channel = 0; channel < this.#channels; channel++) {
      const value = this.#normalized(fill, channel);
      const first = start + channel * this.#channelStep;
      if (this.#pixelStep === 1) {
        this.data.fill(value, first, first + pixels);
        continue;
      }
      const end = first + pixels * this.#pixelStep;
      for (let at = first; at < end; at += this.#pixelStep) this.data[at] = value;
    }
  }

  #normalized(value: number, channel: number): number {
    const { scale, mean, std } = this.#spec;
    return (value * scale - mean[channel]!) / std[channel]!;
  }

  #window(slot: number, { width: columns, height: rows, padX, padY }: Content): Window {
    const { width, height } = this.#spec;
    const fromX = Math.max(0, -padX);
    const fromY = Math.max(0, -padY);
    const x = Math.max(0, padX);
    const y = Math.max(0, padY);
    return {
      fromX,
      fromY,
      columns: Math.min(columns - fromX, width - x),
      rows: Math.min(rows - fromY, height - y),
      at: slot * this.#slotLength + (y * width + x) * this.#pixelStep,
    };
  }

  /** `TypedArray.set` converts bytes to floats at memory speed: all that models like YOLOX need. */
  #copyPlane(channel: number, plane: Uint8Array, content: Content, window: Window): void {
    const { width } = this.#spec;
    const { columns, rows } = window;
    let at = window.at + channel * this.#channelStep;
    let from = window.fromY * content.width + window.fromX;
    if (columns === width && columns === content.width) {
      this.data.set(plane.subarray(from, from + rows * columns), at);
      return;
    }
    for (let row = 0; row < rows; row++, from += content.width, at += width) {
      this.data.set(plane.subarray(from, from + columns), at);
    }
  }

  #convertPlane(channel: number, plane: Uint8Array, content: Content, window: Window): void {
    const { width } = this.#spec;
    const table = this.#tables?.[channel];
    const step = this.#pixelStep;
    const first = window.at + channel * this.#channelStep;
    const data = this.data;
    for (let row = 0; row < window.rows; row++) {
      let at = first + row * width * step;
      let from = (window.fromY + row) * content.width + window.fromX;
      for (let column = 0; column < window.columns; column++, at += step) {
        const value = plane[from++]!;
        data[at] = table === undefined ? value : table[value]!;
      }
    }
  }

  #placeLuma(planes: Uint8Array, content: Content, window: Window): void {
    const { width, scale, mean, std } = this.#spec;
    const size = content.width * content.height;
    const factor = scale / std[0]!;
    const offset = mean[0]! / std[0]!;
    for (let row = 0; row < window.rows; row++) {
      let at = window.at + row * width;
      let from = (window.fromY + row) * content.width + window.fromX;
      for (let column = 0; column < window.columns; column++, from++) {
        const luma =
          LUMA[0] * planes[from]! +
          LUMA[1] * planes[size + from]! +
          LUMA[2] * planes[2 * size + from]!;
        this.data[at++] = luma * factor - offset;
      }
    }
  }
}
