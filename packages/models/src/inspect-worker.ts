import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession } from "onnxruntime-node";
import type { GraphSignature, TensorSignature } from "./graph-signature.ts";
import { shortOnnxruntimeMessage } from "./onnxruntime-message.ts";

export type InspectReply = { readonly graph: GraphSignature } | { readonly reason: string };

function signatures(metadata: readonly InferenceSession.ValueMetadata[]): TensorSignature[] {
  return metadata.map((value) =>
    value.isTensor
      ? { name: value.name, type: value.type, shape: [...value.shape] }
      : { name: value.name, type: "not a tensor", shape: [] },
  );
}

async function inspect(file: string): Promise<InspectReply> {
  try {
    // the metadata does not depend on the optimisation, which takes most of the time
    const session = await InferenceSession.create(file, {
      graphOptimizationLevel: "disabled",
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const graph = {
      inputs: signatures(session.inputMetadata),
      outputs: signatures(session.outputMetadata),
    };
    await session.release();
    return { graph };
  } catch (error) {
    return { reason: shortOnnxruntimeMessage(error) };
  }
}

parentPort!.postMessage(await inspect(workerData as string));
