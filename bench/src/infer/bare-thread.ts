import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * `session.run` on one tensor again and again, and nothing else: what the infer stage is held against. `counter[0]` is
 * how many runs are left for all threads together.
 */
export interface BareSetup {
  readonly file: string;
  readonly input: string;
  readonly dims: readonly number[];
  readonly counter: SharedArrayBuffer;
}

const { file, input, dims, counter } = workerData as BareSetup;
const session = await InferenceSession.create(file, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
});
const length = dims.reduce((product, extent) => product * extent, 1);
const tensor = new Tensor("float32", new Float32Array(length).fill(114), dims);
await session.run({ [input]: tensor });
const left = new Int32Array(counter);

parentPort!.on("message", (message: "go" | "end") => {
  if (message === "go") void loop();
  else void session.release().then(() => parentPort!.close());
});
parentPort!.postMessage("ready");

async function loop(): Promise<void> {
  while (Atomics.sub(left, 0, 1) > 0) await session.run({ [input]: tensor });
  parentPort!.postMessage("done");
}
