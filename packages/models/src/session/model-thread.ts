import { Worker } from "node:worker_threads";

/**
 * Starts a thread that may load onnxruntime. From 1.29 on, its Linux and macOS builds report usage to their maker and
 * leave files in the temporary folder unless this variable is set in the process before the library is loaded. A
 * self-hosted product sends nothing anywhere, so it is set here, where every use of the library passes. In this thread,
 * because a worker's own `process.env` is a copy that the library does not see.
 */
export function startModelThread(entry: URL, workerData: unknown): Worker {
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
  return new Worker(entry, { workerData });
}
