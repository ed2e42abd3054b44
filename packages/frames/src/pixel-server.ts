import { once } from "node:events";
import { ProblemError } from "@framequeue/contracts";
import { Redis, type RedisOptions } from "ioredis";

export interface PixelServerOptions {
  readonly url: string;
  /** How long a connection may take to come, and a server to answer. */
  readonly timeoutMs: number;
  readonly onError?: ((error: Error) => void) | undefined;
}

/** Host, port and database, without the credentials: a new password moves no payload. */
export function serverName(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/**
 * The connection to one Redis that holds pixels. Unlike the queues' it never waits for long: pixels can be decoded
 * again, while whoever waits holds a credit. So nothing is queued while there is no connection, and what a broken
 * connection left without an answer fails and is not sent again: a put that was given up must not happen later.
 */
export class PixelServer implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #timeoutMs: number;
  /** One wait for all who need the connection. */
  #connecting: Promise<unknown> | undefined;

  constructor({ url, timeoutMs, onError }: PixelServerOptions) {
    const { protocol, pathname } = new URL(url);
    this.#timeoutMs = timeoutMs;
    const options: RedisOptions = {
      connectTimeout: timeoutMs,
      // Silence of a server that owes an answer breaks the connection.
      socketTimeout: timeoutMs,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)),
    };
    this.#redis =
      protocol === "unix:"
        ? new Redis({ ...options, path: decodeURIComponent(pathname) })
        : new Redis(url, options);
    this.#redis.on("error", (error: Error) => onError?.(error));
  }

  /**
   * @throws ProblemError `store-full` where the server has no memory left, `store-unavailable` where it cannot be
   * reached, does not answer in time or does not let this client in
   */
  async run<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      await this.#connected();
      return await work(this.#redis);
    } catch (error) {
      throw this.#problem(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }

  async #connected(): Promise<void> {
    if (this.#redis.status === "ready") return;
    this.#connecting ??= once(this.#redis, "ready", {
      signal: AbortSignal.timeout(this.#timeoutMs),
    }).finally(() => (this.#connecting = undefined));
    await this.#connecting;
  }

  #problem(error: unknown): ProblemError {
    if (error instanceof Error && error.message.startsWith("OOM")) {
      return new ProblemError("store-full", "A Redis of the frame store has no memory left.", {
        cause: error,
      });
    }
    return new ProblemError(
      "store-unavailable",
      "A Redis of the frame store cannot be reached or does not take what it is sent.",
      { cause: error },
    );
  }
}
