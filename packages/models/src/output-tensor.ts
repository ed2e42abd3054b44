import type { Tensor } from "onnxruntime-node";

/**
 * The numbers of an output that must be float32 of that shape.
 *
 * @throws Error whose message is a clause, if it is not
 */
export function float32Of(tensor: Tensor, name: string, shape: readonly number[]): Float32Array {
  const { data, dims } = tensor;
  const wanted = shape.reduce((product, extent) => product * extent, 1);
  if (data instanceof Float32Array && data.length === wanted) return data;
  throw new Error(
    `its output ${name} came as [${dims.join(", ")}] instead of [${shape.join(", ")}]`,
  );
}
