import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ProblemError } from "@framequeue/contracts";
import { ConfigError, type RedisProcess, startRedisProcess } from "@framequeue/service";
import type { LivenessWatch } from "./liveness-watch.ts";
import { redisRemedy } from "./redis-remedy.ts";
import { RestartPauses } from "./restart-pauses.ts";
import { afterSilence } from "./supervisor.ts";

export interface OwnRedisOptions {
  /** Holds its socket and its files. */
  readonly folder: string;
  /** Ends one that does not answer any more. */
  readonly watch: LivenessWatch;
  /** Is told of every death, and of what keeps it from coming back. */
  readonly stderr: NodeJS.WritableStream;
}

export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
}

/**
 * A redis-server that is kept running: one that dies, or does not answer any more, is started again on its append-only
 * file, at the same address. What it had acknowledged is in that file; what a crash of the machine took from its end,
 * the reconciler mends. It is never given up, because all services wait for it, and whatever keeps it down can be mended
 * meanwhile.
 *
 * @throws ConfigError where its folder cannot be used; ProblemError where it does not start the first time, with what to do
 */
export async function keepOwnRedis(options: OwnRedisOptions): Promise<OwnRedis> {
  const { folder, watch, stderr } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const say = (text: string): void => void stderr.write(`${text}\n`);
  const start = (): Promise<RedisProcess> =>
    startRedisProcess({ folder, persistent: true, setting: "FQ_DATA_DIR" });

  /** Answers how it ended. */
  async function untilGone(server: RedisProcess): Promise<string> {
    let wasSilent = false;
    const onSilent = (): void => {
      wasSilent = true;
      server.kill();
    };
    using watching = watch.watch({ ask: (asked) => ping(server.socket, asked), onSilent });
    void watching;
    const how = await server.exited;
    return wasSilent ? afterSilence(watch) : how;
  }

  /** Until it is there again, or nobody wants it any more. */
  async function startAgain(
    pauses: RestartPauses,
    pauseMs: number,
  ): Promise<RedisProcess | undefined> {
    let said = "";
    for (let pause = pauseMs; ;) {
      await sleep(pause, undefined, { signal }).catch(() => {});
      if (signal.aborted) return undefined;
      try {
        const server = await start();
        if (said !== "") say("redis-server is there again.");
        return server;
      } catch (error) {
        const why = `${reasonOf(error, folder)} It is tried again and again; everything waits for it.`;
        if (why !== said) say(why);
        said = why;
        pause = pauses.after({ ready: false, livedMs: 0 });
      }
    }
  }

  let server: RedisProcess | undefined;
  try {
    server = await start();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ProblemError("queue-unavailable", reasonOf(error, folder), { cause: error });
  }
  const { url } = server;

  async function keep(): Promise<void> {
    const pauses = new RestartPauses();
    while (server !== undefined && !signal.aborted) {
      const born = performance.now();
      const how = await untilGone(server);
      await server[Symbol.asyncDispose]();
      if (signal.aborted) return;
      say(`redis-server ended (${how}) and is started again.`);
      const livedMs = performance.now() - born;
      server = await startAgain(pauses, pauses.after({ ready: true, livedMs }));
      // Nobody wants the one any more that was just being started.
      if (signal.aborted) await server?.[Symbol.asyncDispose]();
    }
  }
  const keeping = keep();
  return {
    url,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await server?.[Symbol.asyncDispose]();
      await keeping;
    },
  };
}

/** Any answer will do: also that it is loading its file, or takes no writes. */
async function ping(path: string, signal: AbortSignal): Promise<void> {
  const socket = connect(path);
  try {
    socket.write("PING\r\n");
    await once(socket, "data", { signal });
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: unknown, folder: string): string {
  const said = error instanceof Error ? error.message : String(error);
  return [said, redisRemedy(said, folder)].filter((part) => part !== "").join(" ");
}
