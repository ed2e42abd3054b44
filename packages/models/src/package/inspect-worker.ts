import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { GraphSignature, TensorSignature } from "../manifest/graph-signature.ts";
import { InputTensor } from "../tensors/input-tensor.ts";
import type { InputSpec } from "../manifest/manifest-input.ts";
import { shortOnnxruntimeMessage } from "../session/onnxruntime-message.ts";
import type { SeenOutputs } from "../recognize/hints.ts";
import { testPicture } from "../checking/test-picture.ts";

export interface InspectOrder {
  readonly file: string;
  /** How the test picture is to enter, where the graph is to run. */
  readonly input?: InputSpec;
}

export interface Inspected {
  readonly graph: GraphSignature;
  /** The outputs of type float32; none where it did not run. */
  readonly seen: SeenOutputs;
}

export type InspectReply = Inspected | { readonly reason: string; readonly isLoaded: boolean };

function signatures(metadata: readonly InferenceSession.ValueMetadata[]): TensorSignature[] {
  return metadata.map((value) =>
    value.isTensor
      ? { name: value.name, type: value.type, shape: [...value.shape] }
      : { name: value.name, type: "not a tensor", shape: [] },
  );
}

async function see(session: InferenceSession, input: InputSpec): Promise<SeenOutputs> {
  const slots = input.batch === "dynamic" ? 1 : input.batch;
  const tensor = new InputTensor(input, slots);
  for (let slot = 0; slot < slots; slot++) {
    const { width, height } = input;
    tensor.place(slot, testPicture(input), { width, height, padX: 0, padY: 0 });
  }
  const feed = new Tensor("float32", tensor.data as Float32Array, tensor.dims);
  const outputs = await session.run({ [input.name]: feed });
  return new Map(
    Object.entries(outputs).flatMap(([name, { type, dims, data }]) =>
      type === "float32" ? [[name, { dims: [...dims], data: data as Float32Array }]] : [],
    ),
  );
}

async function inspect({ file, input }: InspectOrder): Promise<InspectReply> {
  let isLoaded = false;
  try {
    // the metadata does not depend on the optimisation, which takes most of the time
    const session = await InferenceSession.create(file, {
      graphOptimizationLevel: "disabled",
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    isLoaded = true;
    const graph = {
      inputs: signatures(session.inputMetadata),
      outputs: signatures(session.outputMetadata),
    };
    const seen: SeenOutputs = input === undefined ? new Map() : await see(session, input);
    await session.release();
    return { graph, seen };
  } catch (error) {
    return { reason: shortOnnxruntimeMessage(error), isLoaded };
  }
}

parentPort!.postMessage(await inspect(workerData as InspectOrder));
