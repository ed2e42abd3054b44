import { GraphBuilder } from "./graph-builder.ts";

/** A classifier of three classes for pictures of 32 × 32 that never answers, whatever it sees. */
export function endlessClassifier(): Uint8Array {
  const graph = new GraphBuilder({ name: "endless" });
  const images = graph.input("images", "float32", [1, 3, 32, 32]);
  const mean = graph.node("ReduceMean", [images], { axes: [2, 3], keepdims: 0 });
  const body = new GraphBuilder({ name: "again" });
  body.input("turn", "int64", []);
  const goesOn = body.input("goes-on", "bool", []);
  const scores = body.input("scores", "float32", [1, 3]);
  body.output(body.node("Identity", [goesOn]), "bool", []);
  body.output(body.node("Mul", [scores, scores]), "float32", [1, 3]);
  // What is always so must not look so, or the runtime finds it out before it runs.
  const largest = graph.node("ReduceMax", [mean], { keepdims: 0 });
  const always = graph.node("GreaterOrEqual", [largest, graph.float32([-1e9])]);
  const looped = graph.node("Loop", ["", always, mean], { body: { graph: body } });
  graph.output(graph.node("Identity", [looped], {}, "answer"), "float32", [1, 3]);
  return graph.toBytes();
}
