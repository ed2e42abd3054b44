import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, constants as files, mkdir } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { repairAppendOnlyFile } from "./append-only-file.ts";
import { folderFault } from "../config/check-folder.ts";
import { ConfigError } from "../config/config-error.ts";
import { endFormerRedis, REDIS_PID_FILE } from "./former-redis.ts";

export interface RedisProcess extends AsyncDisposable {
  /** `unix:///…` */
  readonly url: string;
  /** The path of that. */
  readonly socket: string;
  /** Resolves when the server is gone, wanted or not, with how it went: `SIGKILL`, `exit code 1`. */
  readonly exited: Promise<string>;
  /** Ends it at once, whatever state it is in. What it has acknowledged is with the system and stays. */
  kill(): void;
}

export interface RedisProcessOptions {
  /** Holds the socket and the data; made if it is not there, and left to the caller. */
  readonly folder: string;
  /** Keep an append-only file, so that the next start goes on where this one ended. */
  readonly persistent: boolean;
  /** The environment variable that says where the folder is; default `TMPDIR`. */
  readonly setting?: "FQ_DATA_DIR" | "TMPDIR";
}

/** Bytes that the path of a socket may have (sun_path in sys/un.h, with its end). */
const SOCKET_PATH_BYTES = process.platform === "darwin" ? 103 : 107;

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
(read -r _; kill -TERM $redis 2>/dev/null) <&3 &
watcher=$!
wait $redis
how=$?
kill -KILL $watcher
exit $how
`;

/**
 * Starts a redis-server of this installation's own on a socket, with the settings that the ledger needs.
 *
 * @throws ConfigError when the folder cannot be used; Error when `redis-server` is not installed or does not start: its last
 *   words are in the message
 */
export async function startRedisProcess(options: RedisProcessOptions): Promise<RedisProcess> {
  const { folder, persistent, setting = "TMPDIR" } = options;
  const socket = join(folder, "redis.sock");
  const excess = Buffer.byteLength(socket) - SOCKET_PATH_BYTES;
  if (excess > 0) {
    throw new ConfigError([
      `${setting}: the path of Redis' socket, ${socket}, is ${excess} bytes too long. Set ${setting} to a folder with a shorter path.`,
    ]);
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, files.W_OK | files.X_OK);
  } catch (error) {
    throw folderFault(error, folder, setting);
  }
  // One that an older version left open; that of somebody else stays as it is.
  await chmod(folder, 0o700).catch(() => {});
  await endFormerRedis(folder);
  if (persistent) await repairAppendOnlyFile(folder);
  const settings: Record<string, string> = {
    port: "0",
    unixsocket: socket,
    dir: folder,
    pidfile: join(folder, REDIS_PID_FILE),
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
  const exited = once(shell, "exit").then(([code, signal]) =>
    howItWent(code as number | null, signal as NodeJS.Signals | null),
  );
  const closed = once(shell, "close");
  const kill = (): void => killGroup(shell.pid!);
  const said: string[] = [];
  try {
    await Promise.race([
      untilReady(shell, said),
      closed.then(async () => {
        throw new Error(lastWords(said) ?? `it ended (${await exited})`);
      }),
    ]);
  } catch (error) {
    await stop(shell, exited);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`redis-server does not start: ${why.replace(/[.\s]*$/, ".")}`, {
      cause: error,
    });
  }
  return {
    url: pathToFileURL(socket).href.replace(/^file:/, "unix:"),
    socket,
    exited,
    kill,
    [Symbol.asyncDispose]: () => stop(shell, exited),
  };
}

async function untilReady(shell: ChildProcess, said: string[]): Promise<void> {
  shell.stderr!.setEncoding("utf8").on("data", (text: string) => said.push(text.trim()));
  let isReady = false;
  for await (const line of createInterface({ input: shell.stdout! })) {
    said.push(line.replace(/^\d+:\w .*? [*#] /, ""));
    if (said.length > 20) said.shift();
    if (/ready to accept connections/i.test(line)) isReady = true;
    if (isReady) break;
  }
  // What it says from here on nobody reads, but it must be able to say it.
  shell.stdout!.resume();
  // One that is gone is not ready: why, tells its exit.
  if (!isReady) await new Promise(() => {});
}

/** What it said last, which is why it went. */
function lastWords(said: readonly string[]): string | undefined {
  return said
    .flatMap((text) => text.split("\n"))
    .map((line) => line.trim())
    .findLast((line) => line !== "" && !line.startsWith("WARNING"));
}

async function stop(shell: ChildProcess, exited: Promise<string>): Promise<void> {
  (shell.stdio[3] as NodeJS.WritableStream | null)?.end();
  await exited;
  // Where somebody ended the shell alone, the server must not live on beside the next one, on the same files.
  killGroup(shell.pid!);
}

/** The shell tells as shells do that a signal ended the server: 128 and its number. */
function howItWent(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return signal;
  const [name] =
    Object.entries(constants.signals).find(([, number]) => number + 128 === code) ?? [];
  return name ?? `exit code ${code}`;
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // all of it is gone
  }
}
