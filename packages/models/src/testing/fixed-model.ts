import { GraphBuilder } from "@framequeue/graphs";

export interface FixedOutput {
  readonly name: string;
  readonly type?: "float32" | "int64";
  /** For one picture; the batch comes before it. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Whether the numbers shrink on bright pictures. */
  readonly varies?: boolean;
}

/**
 * A real graph that puts out given numbers, for decoders of families of which no model is here. Where an output varies,
 * it is the numbers times `1 - mean / 1020`, so that each picture of a run has its own.
 */
export function fixedModel(
  input: { readonly name: string; readonly width: number; readonly height: number },
  outputs: readonly FixedOutput[],
  batch: "N" | number = "N",
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = new GraphBuilder({ name: "fixed", metadata });
  const images = graph.input(input.name, "float32", [batch, 3, input.height, input.width]);
  const mean = graph.node("ReduceMean", [images], { axes: [1, 2, 3], keepdims: 0 });
  const dark = graph.node("Sub", [
    graph.float32([1]),
    graph.node("Mul", [mean, graph.float32([1 / 1020])]),
  ]);
  const one = graph.node("Add", [
    graph.node("Mul", [mean, graph.float32([0])]),
    graph.float32([1]),
  ]);
  for (const { name, type = "float32", shape, data, varies = false } of outputs) {
    const factor = graph.node("Reshape", [
      varies ? dark : one,
      graph.int64([-1, ...shape.map(() => 1)]),
    ]);
    const numbers = graph.node("Mul", [factor, graph.float32(data, [1, ...shape])]);
    const output =
      type === "int64"
        ? graph.node("Cast", [numbers], { to: 7 }, name)
        : graph.node("Identity", [numbers], {}, name);
    graph.output(output, type, [batch, ...shape]);
  }
  return graph.toBytes();
}

/** Numbers from 0 to 1, the same for the same seed (Marsaglia's xorshift32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
