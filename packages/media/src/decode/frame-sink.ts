import { Writable } from "node:stream";

/** Bytes that may wait here between two reads; beyond it the pipe fills and ffmpeg waits. */
const READ_AHEAD_BYTES = 1 << 20;

interface Waiting {
  readonly target: Uint8Array;
  filled: number;
  readonly resolve: (bytes: number) => void;
}

/**
 * The end of a pipe that is read on demand: bytes go from the pipe's own chunks straight into the reader's memory,
 * which may be shared between threads.
 */
export class FrameSink extends Writable {
  #chunk: Uint8Array | undefined;
  #chunkDone: (() => void) | undefined;
  #waiting: Waiting | undefined;
  #ended = false;

  constructor() {
    super({ emitClose: false, autoDestroy: false, highWaterMark: READ_AHEAD_BYTES });
  }

  /** Fills `target` and resolves with its length, or with less at the end of the stream. One call at a time. */
  fill(target: Uint8Array): Promise<number> {
    if (this.#waiting) throw new Error("A sink can be read by one reader only.");
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#waiting = { target, filled: 0, resolve };
    this.#pump();
    return promise;
  }

  /** Ends the stream from outside, when whoever writes is gone. */
  close(): void {
    this.#ended = true;
    this.#pump();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#chunk = chunk;
    this.#chunkDone = done;
    this.#pump();
  }

  override _final(done: () => void): void {
    this.close();
    done();
  }

  #pump(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    if (this.#chunk) {
      const room = waiting.target.length - waiting.filled;
      const whole = this.#chunk.length <= room;
      const part = whole ? this.#chunk : this.#chunk.subarray(0, room);
      waiting.target.set(part, waiting.filled);
      waiting.filled += part.length;
      this.#chunk = whole ? undefined : this.#chunk.subarray(room);
    }
    const over = this.#ended && !this.#chunk && !this.#chunkDone;
    if (waiting.filled === waiting.target.length || over) {
      this.#waiting = undefined;
      waiting.resolve(waiting.filled);
    }
    if (!this.#chunk && this.#chunkDone) {
      const done = this.#chunkDone;
      this.#chunkDone = undefined;
      done();
    }
  }
}
