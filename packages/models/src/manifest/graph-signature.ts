/** Name, element type and shape of one input or output. A named or unknown extent is a string. */
export interface TensorSignature {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** What a graph takes and gives. */
export interface GraphSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/** For sentences: `images float32 [N, 3, 416, 416]`. */
export function describeTensor({ name, type, shape }: TensorSignature): string {
  return `${name} ${type} [${shape.map((extent) => (extent === "" ? "?" : extent)).join(", ")}]`;
}

export function describeGraph({ inputs, outputs }: GraphSignature): string {
  const list = (tensors: readonly TensorSignature[]): string =>
    tensors.map(describeTensor).join(", ") || "nothing";
  return `it takes ${list(inputs)} and gives ${list(outputs)}`;
}
