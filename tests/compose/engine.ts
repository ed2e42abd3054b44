import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
const PROJECT = "framequeue-check";
const LOOK_MS = 300;
/** Everything but Grafana, which has nothing to do with jobs. */
const SERVICES = [
  ...["api", "ingest", "decode", "enhance", "infer", "track", "index", "render"],
  ...["prometheus", "alertmanager"],
];

export interface Container {
  readonly id: string;
  readonly pid: number;
  readonly restarts: number;
  readonly health: string | undefined;
}

/** The stack of docker-compose.yml under a name of its own, on the engine that `docker` finds. */
export class Stack implements AsyncDisposable {
  readonly url: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;

  /** The signal ends what is waited for; taking the stack down is waited for all the same. */
  constructor(port: number, signal: AbortSignal) {
    this.#signal = signal;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = {
      ...process.env,
      FQ_PUBLISH: `127.0.0.1:${port}`,
      // Any free ones, beside a stack that runs.
      FQ_PUBLISH_PROMETHEUS: "127.0.0.1:",
      FQ_PUBLISH_ALERTMANAGER: "127.0.0.1:",
      // The bundled one: nothing is fetched.
      FQ_DEFAULT_MODEL: "starter-detector",
    };
  }

  async docker(...args: readonly string[]): Promise<string> {
    this.#signal.throwIfAborted();
    const options = { env: this.#env, maxBuffer: 1 << 26, signal: this.#signal };
    const { stdout } = await run("docker", [...args], options);
    return stdout.trim();
  }

  async compose(...args: readonly string[]): Promise<string> {
    this.#signal.throwIfAborted();
    return this.#compose(args, { signal: this.#signal });
  }

  async #compose(args: readonly string[], more: { signal?: AbortSignal }): Promise<string> {
    const options = { cwd: ROOT, env: this.#env, maxBuffer: 1 << 26, ...more };
    const { stdout } = await run("docker", ["compose", "-p", PROJECT, ...args], options);
    return stdout.trim();
  }

  async up(...scale: readonly string[]): Promise<void> {
    const scales = scale.flatMap((each) => ["--scale", each]);
    await this.compose("up", "-d", "--build", "--wait", "--no-recreate", ...scales, ...SERVICES);
  }

  /** The containers of a service, by their numbers. */
  async containers(service: string): Promise<Container[]> {
    const ids = (await this.compose("ps", "-q", service)).split("\n").filter(Boolean);
    const found = await Promise.all(
      ids.map(async (id) => {
        const [details] = JSON.parse(await this.docker("inspect", id));
        const { State: state, RestartCount: restarts, Config: config } = details;
        const number = Number(config.Labels["com.docker.compose.container-number"]);
        return { id, pid: state.Pid, restarts, health: state.Health?.Status, number };
      }),
    );
    return found.sort((a, b) => a.number - b.number);
  }

  /** A network of the stack by its name in docker-compose.yml. */
  network(name: string): string {
    return `${PROJECT}_${name}`;
  }

  async healthy(service: string): Promise<void> {
    await this.until(`${service} is healthy`, async () =>
      (await this.containers(service)).every(({ health }) => health === "healthy"),
    );
  }

  /** The sum of a metric over its series in one container. */
  async metric({ id }: Container, name: string): Promise<number> {
    const script =
      "fetch('http://127.0.0.1:9464/metrics').then(async r=>console.log(await r.text()))";
    const text = await this.docker("exec", id, "node", "-e", script);
    const rows = text
      .split("\n")
      .filter((row) => row.startsWith(`${name}{`) || row.startsWith(`${name} `));
    return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(" ") + 1)), 0);
  }

  /** The volumes of the stack that there are, and those that nobody named. */
  async volumes(): Promise<{ readonly named: number; readonly others: number }> {
    const names = (await this.docker("volume", "ls", "-q")).split("\n").filter(Boolean);
    return {
      named: names.filter((name) => name.startsWith(`${PROJECT}_`)).length,
      others: names.filter((name) => /^[0-9a-f]{64}$/.test(name)).length,
    };
  }

  /** Everything goes but the volumes. */
  async down(): Promise<void> {
    await this.compose("down", "--timeout", "5");
  }

  /** Waits for a condition, for five minutes at the most. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 300_000;
    while (!(await isSo())) {
      if (performance.now() > end) throw new Error(`Waited in vain: ${what}.`);
      await sleep(LOOK_MS, undefined, { signal: this.#signal });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#compose(["--profile", "*", "down", "-v", "--timeout", "5"], {});
  }
}
