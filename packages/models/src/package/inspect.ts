import { once } from "node:events";
import { ProblemError } from "@framequeue/contracts";
import { startModelThread } from "../session/model-thread.ts";
import type { GraphSignature } from "../manifest/graph-signature.ts";
import type { Inspected, InspectOrder, InspectReply } from "./inspect-worker.ts";
import type { InputSpec } from "../manifest/manifest-input.ts";
import type { SeenOutputs } from "../recognize/hints.ts";

/**
 * Reads what an ONNX file takes and gives. Loading blocks the thread that does it, for seconds with large models, so
 * it happens in a short-lived worker thread.
 *
 * @throws ProblemError `model-invalid` if onnxruntime cannot load the file
 */
export async function inspectGraph(file: string): Promise<GraphSignature> {
  return (await inspect({ file })).graph;
}

/**
 * What the graph of a file gives for the test picture, which enters as the manifest's input would have it.
 *
 * @throws ProblemError `model-invalid` if it cannot be run
 */
export async function seeOutputs(file: string, input: InputSpec): Promise<SeenOutputs> {
  return (await inspect({ file, input })).seen;
}

async function inspect(order: InspectOrder): Promise<Inspected> {
  const { file } = order;
  const worker = startModelThread(new URL("./inspect-worker.ts", import.meta.url), order);
  const exited = once(worker, "exit");
  // an error rejects the first and then the second: nobody waits for the second in that case
  exited.catch(() => {});
  try {
    const [reply] = (await once(worker, "message")) as [InspectReply];
    if ("graph" in reply) return reply;
    const what = reply.isLoaded ? "cannot be run" : "cannot be loaded as an ONNX model";
    throw new ProblemError("model-invalid", `${file} ${what}: ${reply.reason}.`, { at: file });
  } finally {
    await exited.catch(() => {});
  }
}
