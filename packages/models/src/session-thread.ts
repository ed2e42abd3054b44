import type { Worker } from "node:worker_threads";
import { ProblemError } from "@framequeue/contracts";
import type { ChunkResult } from "./chunk-result.ts";
import { startModelThread } from "./model-thread.ts";
import type { Chunk, FromWorker, SessionSpec, ToWorker } from "./session-protocol.ts";

/** A worker thread with one session. It lives from `start` until `stop`, or until it crashes. */
export class SessionThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, PromiseWithResolvers<ChunkResult>>();
  readonly #ready = Promise.withResolvers<void>();
  /** Resolves when the thread has ended, for whatever reason. */
  readonly ended: Promise<void>;
  #alive = true;
  #nextId = 0;

  private constructor(entry: URL, spec: SessionSpec) {
    this.#worker = startModelThread(entry, spec);
    let crash = "it ended by itself";
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error: unknown) => {
      crash = error instanceof Error ? error.message : String(error);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#worker.once("exit", () => {
      this.#alive = false;
      this.#ready.reject(unusable(crash));
      const lost = failed(`the thread that ran the model was lost: ${crash}`);
      for (const { reject } of this.#pending.values()) reject(lost);
      this.#pending.clear();
      resolve();
    });
  }

  /**
   * Starts a thread and waits until its session has run once.
   *
   * @throws ProblemError `model-invalid` if it cannot
   */
  static async start(entry: URL, spec: SessionSpec): Promise<SessionThread> {
    const thread = new SessionThread(entry, spec);
    try {
      await thread.#ready.promise;
    } catch (error) {
      await thread.ended;
      throw error;
    }
    return thread;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Chunks sent and not answered. */
  get outstanding(): number {
    return this.#pending.size;
  }

  /** @throws ProblemError `inference-failed` if the model fails on the chunk or the thread crashes meanwhile */
  run(chunk: Chunk): Promise<ChunkResult> {
    const id = this.#nextId++;
    const pending = Promise.withResolvers<ChunkResult>();
    this.#pending.set(id, pending);
    this.#post({ type: "chunk", id, chunk });
    return pending.promise;
  }

  /** Lets the chunks that were sent finish, then ends the thread. */
  async stop(): Promise<void> {
    if (this.#alive) this.#post({ type: "stop" });
    await this.ended;
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#ready.resolve();
        return;
      case "unusable":
        this.#ready.reject(unusable(message.reason));
        return;
      case "done":
      case "failed": {
        const pending = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        if (message.type === "done") pending?.resolve(message.result);
        else pending?.reject(failed(message.reason));
      }
    }
  }
}

function unusable(reason: string): ProblemError {
  return new ProblemError("model-invalid", `The model cannot be run: ${reason}.`);
}

function failed(reason: string): ProblemError {
  return new ProblemError("inference-failed", `The model failed on a frame: ${reason}.`);
}
