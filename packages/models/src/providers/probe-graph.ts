import { GraphBuilder } from "@framequeue/graphs";

export const PROBE_SIDE = 8;

/** A convolution of ones over `x`, float32 `[1, 3, 8, 8]`: what every provider must be able to run. Each value is 27. */
export function probeGraph(): Uint8Array {
  const graph = new GraphBuilder({ name: "probe" });
  const x = graph.input("x", "float32", [1, 3, PROBE_SIDE, PROBE_SIDE]);
  const weights = graph.float32(new Float32Array(27).fill(1), [1, 3, 3, 3]);
  const y = graph.node("Conv", [x, weights], { kernel_shape: [3, 3] }, "y");
  graph.output(y, "float32", [1, 1, PROBE_SIDE - 2, PROBE_SIDE - 2]);
  return graph.toBytes();
}
