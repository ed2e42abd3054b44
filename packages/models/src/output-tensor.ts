import type { Tensor } from "onnxruntime-node";
import type { WantedTensor } from "./wanted-tensors.ts";
import { fitsShape } from "./wanted-tensors.ts";

/** Numbers of an output. Of int64 they are bigints: `Number` reads any of them. */
export type OutputNumbers = Float32Array | Int32Array | BigInt64Array;

/** @throws Error whose message is a clause, if the output is not what was wanted */
export function checkOutput({ type, dims }: Tensor, wanted: WantedTensor): void {
  if (wanted.types.includes(type) && fitsShape(dims, wanted)) return;
  const shape = wanted.shapes[0]!.join(", ");
  throw new Error(
    `its output ${wanted.name} came as ${type} [${dims.join(", ")}] instead of [${shape}]`,
  );
}

export function floatsOf(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}

export function numbersOf(tensor: Tensor): OutputNumbers {
  return tensor.data as OutputNumbers;
}
