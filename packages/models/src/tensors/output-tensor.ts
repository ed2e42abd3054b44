import type { Tensor } from "onnxruntime-node";
import type { WantedTensor } from "./wanted-tensors.ts";
import { fitsShape } from "./wanted-tensors.ts";

/** Numbers of an output. Of int64 they are bigints: `Number` reads any of them. */
export type OutputNumbers = Float32Array | Int32Array | BigInt64Array;

/** What of an output is read. */
export type OutputTensor = Pick<Tensor, "dims" | "data">;

/** @throws Error whose message is a clause, if the output is not what was wanted */
export function checkOutput({ type, dims }: Tensor, wanted: WantedTensor): void {
  if (wanted.types.includes(type) && fitsShape(dims, wanted)) return;
  const shape = wanted.shapes[0]!.join(", ");
  throw new Error(
    `its output ${wanted.name} came as ${type} [${dims.join(", ")}] instead of [${shape}]`,
  );
}

/**
 * Gives the memory of an output back at once; its data are gone. onnxruntime makes a fresh copy for each run, a megabyte
 * and more. Left to the collector they press it to go through the whole heap every few dozen runs, which cost a
 * millisecond of processor time per picture of a small detector.
 */
export function freeOutput({ data }: Tensor): void {
  // strings and what lies on a GPU have no buffer
  if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) data.buffer.transfer(0);
}

export function floatsOf(tensor: OutputTensor): Float32Array {
  return tensor.data as Float32Array;
}

export function numbersOf(tensor: OutputTensor): OutputNumbers {
  return tensor.data as OutputNumbers;
}
