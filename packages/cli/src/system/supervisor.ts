import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { atExit } from "@framequeue/lifetime";
import { fileReason } from "@framequeue/service";
import type { LivenessWatch, Watched } from "./liveness-watch.ts";
import { RestartPauses } from "./restart-pauses.ts";

export interface ServiceSpec {
  /** Unique, such as `infer-2`. */
  readonly name: string;
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface SupervisorOptions {
  /** Takes what the services write to stderr, and what the supervisor has to say. */
  readonly stderr: NodeJS.WritableStream;
  /** How long a service may take to stop before it is killed. */
  readonly stopMs: number;
  /** Ends those that do not answer any more, so that they are started again. Default: nobody is asked. */
  readonly watch?: LivenessWatch;
  /** The services that are ready have changed: where each answers for its health and metrics, by its name. */
  readonly onReady?: (health: Readonly<Record<string, string>>) => void;
}

/** Keeps one process per service running. */
export interface Supervisor {
  /** Resolves when the service is ready for the first time; rejects when it gives up on it. */
  start(spec: ServiceSpec): Promise<void>;
  /** Process ids by service name, of those that run. */
  pids(): Readonly<Record<string, number>>;
  /** Where each service that is ready answers for its health and metrics. */
  health(): Readonly<Record<string, string>>;
  /** Sends a signal to all that run. */
  signal(name: NodeJS.Signals): void;
  /** Lets one service finish what it does and end; it is not started again. */
  end(name: string): Promise<void>;
  /** Stops all at once, newest first is not needed: every service drains on its own. */
  stop(): Promise<void>;
}

/** Deaths in a row before being ready after which a service stays down. */
const START_ATTEMPTS = 3;
/**
 * Services run for weeks on small objects that die soon. Left alone, V8 lets garbage pile up to more than 100 MB in each
 * process before it looks for it in earnest. So the space for what is new stays small, and the space for what survived
 * is swept from 24 MB on and then whenever it has grown by a third; it takes no more time.
 */
const HEAP_FLAGS = [
  "--max-semi-space-size=2",
  "--initial-old-space-size=24",
  "--heap-growing-percent=30",
];
/** A wrong configuration does not get better by trying again. */
const EXIT_CONFIG = 78;

/** A service that does not start stays down. That has been said. */
export class ServiceDown extends Error {
  override readonly name = "ServiceDown";
  /** What its last process ended with. */
  readonly exitCode: number;

  constructor(service: string, how: string, exitCode: number) {
    super(`${service} does not start (${how}) and stays down.`);
    this.exitCode = exitCode;
  }
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const children = new Map<string, ChildProcess>();
  const health = new Map<string, string>();
  const kept = new Map<string, AbortController>();
  const ends = new WeakMap<ChildProcess, Promise<void>>();
  const stopping = new AbortController();
  // Where this process goes in haste, so do they: a service that is stopped would never hear that it is alone.
  const exit = atExit(() => {
    for (const child of children.values()) child.kill("SIGKILL");
  });
  const tell = (): void => options.onReady?.(Object.fromEntries(health));
  const say = (text: string): void => void options.stderr.write(`${text}\n`);

  /** A second signal would end at once a service that drains. */
  function stopOnce(child: ChildProcess): Promise<void> {
    const ending = ends.get(child) ?? stopChild(child, options.stopMs);
    ends.set(child, ending);
    return ending;
  }

  /** Runs one process until it is gone; answers whether it was ever ready, and how it went. */
  async function run(spec: ServiceSpec, onReady: () => void) {
    const child = fork(spec.entry, [], {
      execPath: process.execPath,
      execArgv: [...process.execArgv, ...HEAP_FLAGS],
      // Of a process group of its own, so that Ctrl-C reaches the supervisor alone, which tells the services.
      detached: true,
      env: { ...process.env, ...spec.env },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    children.set(spec.name, child);
    // Line by line, so that what several write at once does not mix. One that could not be started has none.
    if (child.stderr) createInterface({ input: child.stderr }).on("line", say);
    let ready = false;
    let wasSilent = false;
    using watching = new DisposableStack();
    child.on("message", (message) => {
      // What it said may arrive after its end.
      if (watching.disposed) return;
      const { type, health: url = "" } = message as { type?: string; health?: string };
      if (type === "live" && options.watch !== undefined) {
        const onSilent = (): void => void (wasSilent = child.kill("SIGKILL"));
        watching.use(options.watch.watch({ ask: askHealth(url), onSilent }));
      }
      if (type !== "ready") return;
      ready = true;
      health.set(spec.name, url);
      tell();
      onReady();
    });
    // A fork that fails emits `error` and may never emit `exit`.
    const [code, signal] = await Promise.race([
      once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>,
      once(child, "error").then(([error]) => [fileReason(error) ?? String(error), null] as const),
    ]);
    children.delete(spec.name);
    if (health.delete(spec.name)) tell();
    const how = typeof code === "number" ? `exit code ${code}` : (signal ?? String(code));
    return { ready, code, how: wasSilent ? afterSilence(options.watch!) : how };
  }

  async function keep(spec: ServiceSpec, onReady: () => void): Promise<void> {
    const ending = new AbortController();
    kept.set(spec.name, ending);
    const signal = AbortSignal.any([stopping.signal, ending.signal]);
    const pauses = new RestartPauses();
    while (!signal.aborted) {
      const born = performance.now();
      const end = await run(spec, onReady);
      if (signal.aborted) return;
      const pause = pauses.after({ ready: end.ready, livedMs: performance.now() - born });
      if (pauses.failures === START_ATTEMPTS || end.code === EXIT_CONFIG) {
        const code = end.code === EXIT_CONFIG ? EXIT_CONFIG : 1;
        throw new ServiceDown(spec.name, end.how, code);
      }
      say(`${spec.name} ended (${end.how}) and is started again.`);
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  return {
    start(spec) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      keep(spec, resolve).then(resolve, (error: unknown) => {
        // Whoever awaited readiness hears it; later it is only said.
        reject(error);
        say(error instanceof Error ? error.message : String(error));
      });
      return promise;
    },
    pids: () =>
      Object.fromEntries([...children].map(([name, child]) => [name, child.pid!] as const)),
    health: () => Object.fromEntries(health),
    signal(name) {
      for (const child of children.values()) child.kill(name);
    },
    async end(name) {
      kept.get(name)?.abort();
      const child = children.get(name);
      if (child !== undefined) await stopOnce(child);
    },
    async stop() {
      stopping.abort();
      await Promise.all([...children.values()].map(stopOnce));
      exit[Symbol.dispose]();
    },
  };
}

/** How something ended that the watch killed. */
export function afterSilence({ silenceMs }: LivenessWatch): string {
  return `killed after ${silenceMs / 1_000} s without an answer`;
}

/** Whether a service runs its event loop; what it says of itself does not matter. */
function askHealth(url: string): Watched["ask"] {
  return async (signal) => (await fetch(`${url}/healthz/live`, { signal })).body?.cancel();
}

async function stopChild(child: ChildProcess, stopMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
  await gone;
  clearTimeout(timer);
}
