import type { FileHandle } from "node:fs/promises";

/** What is read at once: most fields of a graph are near each other. */
const WINDOW_BYTES = 1 << 16;
/** A tag and a length are no longer. */
const LONGEST_HEAD = 20;

export interface ProtobufField {
  readonly number: number;
  /** Of a number; 0 otherwise. */
  readonly value: number;
  /** Where its bytes are in the file, and how many. */
  readonly at: number;
  readonly length: number;
}

/** Reads fields of a protobuf file where they are, and passes over the others without reading them. */
export class ProtobufFile {
  readonly #handle: FileHandle;
  #window = Buffer.alloc(0);
  #start = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** The fields of a message; ends at the first that is none or reaches beyond it. */
  async *fields(from: number, to: number): AsyncGenerator<ProtobufField> {
    for (let at = from; at < to;) {
      const head = new Varints(await this.#read(at, Math.min(LONGEST_HEAD, to - at)));
      const tag = head.next();
      const [number, wire] = [Math.floor(tag / 8), tag % 8];
      const value = wire === 0 || wire === 2 ? head.next() : 0;
      const length = wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? value : 0;
      const start = at + head.at;
      const isField = number > 0 && [0, 1, 2, 5].includes(wire);
      if (!isField || start + length > to) return;
      yield { number, value: wire === 0 ? value : 0, at: start, length };
      at = start + length;
    }
  }

  async text({ at, length }: Pick<ProtobufField, "at" | "length">): Promise<string> {
    return (await this.#read(at, length)).toString("utf8");
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const end = this.#start + this.#window.length;
    if (at < this.#start || at + length > end) {
      const room = Buffer.alloc(Math.max(WINDOW_BYTES, length));
      const { bytesRead } = await this.#handle.read(room, 0, room.length, at);
      [this.#window, this.#start] = [room.subarray(0, bytesRead), at];
    }
    return this.#window.subarray(at - this.#start, at - this.#start + length);
  }
}

/** Reads protobuf's numbers one after the other. */
class Varints {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): number {
    let value = 0;
    for (let shift = 0; this.at < this.#bytes.length; shift += 7) {
      const byte = this.#bytes[this.at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }
}
