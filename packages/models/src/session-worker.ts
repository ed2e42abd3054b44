import { parentPort, workerData } from "node:worker_threads";
import { buffersOf } from "./chunk-result.ts";
import { ModelSession } from "./model-session.ts";
import { shortOnnxruntimeMessage } from "./onnxruntime-message.ts";
import type { FromWorker, SessionRun, SessionSpec, ToWorker } from "./session-protocol.ts";

const port = parentPort!;
const reply = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

async function work(session: ModelSession, message: ToWorker): Promise<void> {
  if (message.type === "stop") {
    await session.release();
    port.close();
    return;
  }
  const runs: SessionRun[] = [];
  await session.look(message.chunks, {
    done: ({ id }, result) => reply({ type: "done", id, result }, buffersOf(result)),
    failed: ({ id }, error) =>
      reply({ type: "failed", id, reason: shortOnnxruntimeMessage(error) }),
    ran: (run) => runs.push(run),
  });
  // All of a deal at once, behind its answers: nobody waits for these.
  reply({ type: "ran", runs });
}

try {
  const session = await ModelSession.open(workerData as SessionSpec);
  // what comes next waits until the input tensor is no longer needed
  let last = Promise.resolve();
  port.on("message", (message: ToWorker) => {
    last = last.then(() => work(session, message));
  });
  reply({ type: "ready" });
} catch (error) {
  reply({ type: "unusable", reason: shortOnnxruntimeMessage(error) });
}
