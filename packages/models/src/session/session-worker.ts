import { parentPort, workerData } from "node:worker_threads";
import { buffersOf } from "./chunk-result.ts";
import { Progress } from "../guarding/progress.ts";
import { ModelSession } from "./model-session.ts";
import { shortOnnxruntimeMessage } from "./onnxruntime-message.ts";
import { Implausible } from "../checking/plausibility.ts";
import type {
  ChunkAnswer,
  FromWorker,
  SessionRun,
  SessionSpec,
  ToWorker,
} from "./session-protocol.ts";

const port = parentPort!;
const reply = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

/** Gathers what one run of the network answers: a message for each chunk of one frame costs more than its boxes. */
let answers: ChunkAnswer[] = [];
let runs: SessionRun[] = [];
let buffers: ArrayBuffer[] = [];

function send(): void {
  reply({ type: "answers", answers, runs }, buffers);
  [answers, runs, buffers] = [[], [], []];
}

async function work(session: ModelSession, message: ToWorker): Promise<void> {
  if (message.type === "stop") {
    await session.release();
    port.close();
    return;
  }
  await session.look(message.chunks, {
    done({ id }, result) {
      answers.push({ id, result });
      buffers.push(...buffersOf(result));
    },
    failed({ id }, error) {
      const isMisread = error instanceof Implausible;
      answers.push({ id, reason: shortOnnxruntimeMessage(error), isMisread });
    },
    ran(run) {
      runs.push(run);
      // Runs alone are sent with the next answer: nobody waits for them.
      if (answers.length > 0) send();
    },
  });
  if (answers.length > 0 || runs.length > 0) send();
}

try {
  const spec = workerData as SessionSpec;
  const progress = new Progress(spec.progress);
  progress.here();
  const session = await ModelSession.open(spec, () => progress.begin());
  // what comes next waits until the input tensor is no longer needed
  let last = Promise.resolve();
  port.on("message", (message: ToWorker) => {
    last = last.then(() => work(session, message));
  });
  reply({ type: "ready" });
} catch (error) {
  const isMisread = error instanceof Implausible;
  reply({ type: "unusable", reason: shortOnnxruntimeMessage(error), isMisread });
}
