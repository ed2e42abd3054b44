import type { Socket } from "node:net";
import { Command } from "ioredis";

/**
 * `SET key value EX seconds` for a value of megabytes. ioredis joins a command in one buffer, which copies the value and
 * leaves a buffer of its size to the garbage collector, for every batch. Here the socket gets the value as it is: it
 * must not change until the answer is there.
 */
export class SetCommand extends Command {
  readonly #key: string;
  readonly #value: Buffer;
  readonly #seconds: string;

  constructor(key: string, value: Buffer, seconds: number) {
    // The arguments are here for messages about the command alone.
    super("set", [key], { replyEncoding: "utf8" });
    this.#key = key;
    this.#value = value;
    this.#seconds = String(seconds);
  }

  override toWritable(socket: object): string {
    const out = socket as Socket;
    // What follows in this turn goes out with it, in one call.
    out.cork();
    process.nextTick(() => out.uncork());
    out.write(`*5\r\n$3\r\nset\r\n${bulk(this.#key)}$${this.#value.length}\r\n`);
    out.write(this.#value);
    return `\r\n${bulk("EX")}${bulk(this.#seconds)}`;
  }
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}
