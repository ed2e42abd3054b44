import { once } from "node:events";
import { startModelThread } from "./model-thread.ts";
import { ProblemError } from "@framequeue/contracts";
import type { GraphSignature } from "./graph-signature.ts";
import type { InspectReply } from "./inspect-worker.ts";

/**
 * Reads what an ONNX file takes and gives. Loading blocks the thread that does it, for seconds with large models, so
 * it happens in a short-lived worker thread.
 *
 * @throws ProblemError `model-invalid` if onnxruntime cannot load the file
 */
export async function inspectGraph(file: string): Promise<GraphSignature> {
  const worker = startModelThread(new URL("./inspect-worker.ts", import.meta.url), file);
  const exited = once(worker, "exit");
  // an error rejects the first and then the second: nobody waits for the second in that case
  exited.catch(() => {});
  try {
    const [reply] = (await once(worker, "message")) as [InspectReply];
    if ("graph" in reply) return reply.graph;
    throw new ProblemError(
      "model-invalid",
      `${file} cannot be loaded as an ONNX model: ${reply.reason}.`,
      { at: file },
    );
  } finally {
    await exited.catch(() => {});
  }
}
