import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { repairAppendOnlyFile } from "./append-only-file.ts";

export interface RedisProcess extends AsyncDisposable {
  /** `unix:///…` */
  readonly url: string;
  /** Resolves when the server is gone, wanted or not. */
  readonly exited: Promise<void>;
}

export interface RedisProcessOptions {
  /** Holds the socket and the data; made if it is not there, and left to the caller. */
  readonly folder: string;
  /** Keep an append-only file, so that the next start goes on where this one ended. */
  readonly persistent: boolean;
}

/**
 * Runs redis-server and, when its stdin ends because this process is gone, however it went, stops it. In a process
 * group of its own, so that Ctrl-C on the terminal does not take Redis away from services that still drain. What
 * it writes, and its socket, are for this user alone: the records of jobs are in it.
 */
const SUPERVISED = `
umask 077
trap '' INT
redis-server "$@" &
redis=$!
(cat >/dev/null; kill -TERM $redis 2>/dev/null) <&3 &
wait $redis
`;

/**
 * Starts a redis-server of this installation's own on a socket, with the settings that the ledger needs.
 *
 * @throws Error when `redis-server` is not installed or does not start; its last words are in the message
 */
export async function startRedisProcess(options: RedisProcessOptions): Promise<RedisProcess> {
  const { folder, persistent } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // One that an older version left open; that of somebody else stays as it is.
  await chmod(folder, 0o700).catch(() => {});
  if (persistent) await repairAppendOnlyFile(folder);
  const socket = join(folder, "redis.sock");
  const settings: Record<string, string> = {
    port: "0",
    unixsocket: socket,
    dir: folder,
    save: "",
    appendonly: persistent ? "yes" : "no",
    appendfsync: "everysec",
    "maxmemory-policy": "noeviction",
    loglevel: "notice",
  };
  const shell = spawn(
    "sh",
    [
      "-c",
      SUPERVISED,
      "redis",
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    { stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true },
  );
  const exited = once(shell, "exit").then(() => {});
  const said: string[] = [];
  try {
    await Promise.race([
      untilReady(shell, said),
      exited.then(() => Promise.reject(new Error(said.slice(-3).join("\n") || "it exited"))),
    ]);
  } catch (error) {
    await stop(shell, exited);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`redis-server does not start: ${why}`, { cause: error });
  }
  return {
    url: pathToFileURL(socket).href.replace(/^file:/, "unix:"),
    exited,
    [Symbol.asyncDispose]: () => stop(shell, exited),
  };
}

async function untilReady(shell: ChildProcess, said: string[]): Promise<void> {
  shell.stderr!.setEncoding("utf8").on("data", (text: string) => said.push(text.trim()));
  for await (const line of createInterface({ input: shell.stdout! })) {
    said.push(line.replace(/^\d+:\w .*? [*#] /, ""));
    if (said.length > 20) said.shift();
    if (/ready to accept connections/i.test(line)) break;
  }
  shell.stdout!.resume();
}

async function stop(shell: ChildProcess, exited: Promise<void>): Promise<void> {
  (shell.stdio[3] as NodeJS.WritableStream | null)?.end();
  await exited;
}
