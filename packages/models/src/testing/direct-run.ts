import { InferenceSession, Tensor } from "onnxruntime-node";

/** How a picture enters a network, as its documentation says it. */
export interface DirectInput {
  readonly name: string;
  readonly layout: "nchw" | "nhwc";
  readonly width: number;
  readonly height: number;
  /** Which of the frame's planes (0 green, 1 blue, 2 red) goes into each channel. */
  readonly planes: readonly number[];
  /** The value of a byte in a channel. */
  readonly value: (byte: number, channel: number) => number;
}

export const RGB = [2, 0, 1] as const;
export const BGR = [1, 0, 2] as const;

/** A whole `gbrp` picture of the input's size, element by element, into a tensor for one picture. */
export function directTensor(input: DirectInput, pixels: ArrayLike<number>): Tensor {
  const { width, height, layout, planes, value } = input;
  const channels = planes.length;
  const data = new Float32Array(channels * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const at =
          layout === "nchw" ? (c * height + y) * width + x : (y * width + x) * channels + c;
        data[at] = value(pixels[(planes[c]! * height + y) * width + x]!, c);
      }
    }
  }
  const dims = layout === "nchw" ? [1, channels, height, width] : [1, height, width, channels];
  return new Tensor("float32", data, dims);
}

/** One session for a file, closed at the end of the scope. */
export async function openDirect(
  model: string | Uint8Array,
): Promise<
  AsyncDisposable & { run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> }
> {
  const session =
    typeof model === "string"
      ? await InferenceSession.create(model, { intraOpNumThreads: 1 })
      : await InferenceSession.create(model, { intraOpNumThreads: 1 });
  return {
    run: (feeds) => session.run(feeds),
    [Symbol.asyncDispose]: () => session.release(),
  };
}
