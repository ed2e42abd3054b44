import type { Worker } from "node:worker_threads";
import { ProblemError } from "@framequeue/contracts";
import type { ChunkResult } from "./chunk-result.ts";
import { Progress } from "../guarding/progress.ts";
import type { ModelGuard, RunBroke, RunGivenUp } from "../guarding/run-guard.ts";
import { startModelThread } from "./model-thread.ts";
import type { Turns } from "../providers/turns.ts";
import type {
  Chunk,
  ChunkAnswer,
  FromWorker,
  SessionRun,
  SessionSpec,
  ToWorker,
} from "./session-protocol.ts";

/** The thread ended while it had the chunk, for whatever reason. */
export class ThreadLost extends Error {
  override readonly name = "ThreadLost";
}

export interface ThreadOptions {
  /** The module that the thread runs. */
  readonly entry: URL;
  readonly spec: SessionSpec;
  /** Where runs of different threads must not meet: the thread opens and runs its session only in its turn. */
  readonly turns?: Turns | undefined;
  /** Watches what the thread takes. */
  readonly guard?: ModelGuard | undefined;
  /** Hears of every run of the network. */
  readonly onRun?: ((run: SessionRun) => void) | undefined;
}

/** A worker thread with one session. It lives from `start` until `stop`, or until it crashes. */
export class SessionThread {
  readonly #worker: Worker;
  readonly #turns: Turns | undefined;
  readonly #onRun: ThreadOptions["onRun"];
  readonly #guard: ModelGuard | undefined;
  readonly #progress = new Progress();
  readonly #isOnProcessor: boolean;
  readonly #pending = new Map<number, PromiseWithResolvers<ChunkResult>>();
  readonly #ready = Promise.withResolvers<void>();
  /** Resolves when the thread has ended, for whatever reason. */
  readonly ended: Promise<void>;
  #alive = true;
  #givenUp: RunBroke | RunGivenUp | undefined;
  #nextId = 0;
  #deals = 0;
  #crash = "it ended by itself";

  private constructor({ entry, spec, turns, guard, onRun }: ThreadOptions) {
    this.#turns = turns;
    this.#guard = guard;
    this.#isOnProcessor = spec.on.provider === "cpu";
    this.#onRun = onRun;
    this.#worker = startModelThread(entry, { ...spec, progress: this.#progress.cells });
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error: unknown) => {
      this.#crash = error instanceof Error ? error.message : String(error);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#worker.once("exit", () => {
      this.#alive = false;
      this.#ready.reject(unusable(this.#crash));
      for (const { reject } of this.#pending.values()) reject(this.#lost());
      this.#pending.clear();
      resolve();
    });
  }

  /**
   * Starts a thread and waits until its session has run once.
   *
   * @throws ProblemError `model-invalid` if it cannot
   */
  static async start(options: ThreadOptions): Promise<SessionThread> {
    return inTurn(options.turns, async () => {
      const thread = new SessionThread(options);
      using watches = new DisposableStack();
      watches.use(thread.#watch(true));
      try {
        await thread.#ready.promise;
      } catch (error) {
        // One that was given up does not end before its process does.
        if (thread.#givenUp === undefined) await thread.ended;
        throw error;
      }
      return thread;
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Deals that were given to it and are not answered in full. */
  get outstanding(): number {
    return this.#deals;
  }

  /**
   * Gives it chunks that share runs; each has an answer of its own. An answer rejects with ProblemError
   * `inference-failed` if the model fails on that chunk, `model-invalid` if it gives what its manifest cannot mean, and
   * with {@link ThreadLost} if the thread crashes meanwhile; with `RunBroke` or `RunGivenUp` where the guard gives it up.
   *
   * @returns the answers in the order of the chunks, and what resolves when there is one for each
   */
  run(chunks: readonly Chunk[]): { answers: Promise<ChunkResult>[]; finished: Promise<void> } {
    this.#deals++;
    const pending = chunks.map(() => Promise.withResolvers<ChunkResult>());
    const answers = pending.map(({ promise }) => promise);
    const finished = inTurn(this.#turns, async () => {
      using watches = new DisposableStack();
      watches.use(this.#watch(false));
      this.#send(chunks, pending);
      await Promise.allSettled(answers);
      this.#deals--;
    });
    return { answers, finished };
  }

  /** Lets the chunks that were sent finish, then ends the thread. One that was given up is not waited for. */
  async stop(): Promise<void> {
    if (this.#givenUp !== undefined) return;
    if (this.#alive) await inTurn(this.#turns, async () => this.#post({ type: "stop" }));
    await this.ended;
  }

  #watch(isOpening: boolean): Disposable | undefined {
    return this.#guard?.watch({
      progress: this.#progress,
      isOnProcessor: this.#isOnProcessor,
      isOpening,
      giveUp: (error) => this.#giveUp(error),
    });
  }

  #giveUp(error: RunBroke | RunGivenUp): void {
    this.#alive = false;
    this.#givenUp = error;
    this.#ready.reject(error);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #send(chunks: readonly Chunk[], answers: readonly PromiseWithResolvers<ChunkResult>[]): void {
    if (!this.#alive) {
      for (const { reject } of answers) reject(this.#givenUp ?? this.#lost());
      return;
    }
    const numbered = chunks.map(({ pictures }, i) => {
      const id = this.#nextId++;
      this.#pending.set(id, answers[i]!);
      return { id, pictures };
    });
    this.#post({ type: "chunks", chunks: numbered });
  }

  #lost(): ThreadLost {
    return new ThreadLost(`the thread that ran the model was lost: ${this.#crash}`);
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
        this.#ready.reject((message.isMisread ? misread : unusable)(message.reason));
        return;
      case "answers":
        for (const answer of message.answers) this.#settle(answer);
        for (const run of message.runs) this.#onRun?.(run);
    }
  }

  #settle(answer: ChunkAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("result" in answer) pending?.resolve(answer.result);
    else pending?.reject((answer.isMisread ? misread : failed)(answer.reason));
  }
}

function inTurn<T>(turns: Turns | undefined, work: () => Promise<T>): Promise<T> {
  return turns === undefined ? work() : turns.take(work);
}

function unusable(reason: string): ProblemError {
  return new ProblemError("model-invalid", `The model cannot be run: ${reason}.`);
}

function misread(reason: string): ProblemError {
  return new ProblemError(
    "model-invalid",
    `The model is not what its manifest says, or what it was taken for: ${reason}. Another manifest may say what it is.`,
  );
}

export function failed(reason: string): ProblemError {
  return new ProblemError("inference-failed", `The model failed on a frame: ${reason}.`);
}
