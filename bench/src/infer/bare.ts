import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ModelPackage } from "@framequeue/models";
import type { BareSetup } from "./bare-thread.ts";
import { type Pace, pace } from "./pace.ts";

/** Threads that do nothing but run the model. */
export interface BareLoop extends AsyncDisposable {
  /** Runs at least so many pictures. */
  run(pictures: number): Promise<Pace>;
}

export async function openBareLoop(
  { file, manifest: { input } }: ModelPackage,
  tensorBatch: number,
  threads: number,
): Promise<BareLoop> {
  const { name, layout, width, height } = input;
  const counter = new SharedArrayBuffer(4);
  const setup: BareSetup = {
    file,
    input: name,
    dims: layout === "nchw" ? [tensorBatch, 3, height, width] : [tensorBatch, height, width, 3],
    counter,
  };
  const workers = await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(new URL("./bare-thread.ts", import.meta.url), {
        workerData: setup,
      });
      await once(worker, "message");
      return worker;
    }),
  );
  return {
    async run(pictures) {
      const runs = Math.ceil(pictures / tensorBatch);
      new Int32Array(counter)[0] = runs;
      const done = workers.map((worker) => once(worker, "message"));
      return pace(async () => {
        for (const worker of workers) worker.postMessage("go");
        await Promise.all(done);
        return runs * tensorBatch;
      });
    },
    async [Symbol.asyncDispose]() {
      const exits = workers.map((worker) => once(worker, "exit"));
      for (const worker of workers) worker.postMessage("end");
      await Promise.all(exits);
    },
  };
}
