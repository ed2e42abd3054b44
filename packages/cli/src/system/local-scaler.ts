import { setTimeout as sleep } from "node:timers/promises";
import type { SiteView } from "@framequeue/pipeline";
import {
  decide,
  DEFAULT_POLICY,
  EMPTY_MEMORY,
  type ScalerMemory,
  type ScalingPolicy,
  wantedWorkers,
} from "@framequeue/scaling";
import { type Environment, integerSetting, readConfig } from "@framequeue/service";
import { z } from "zod";
import { StageSpeed } from "./stage-speed.ts";
import type { ServiceSpec, Supervisor } from "./supervisor.ts";

/** A service of which there are as many processes as the work wants. */
export interface ScaledService {
  readonly stage: "infer" | "decode";
  readonly min: number;
  readonly max: number;
  readonly spec: (name: string) => ServiceSpec;
}

const schema = z
  .object({
    /** Within which what is left is to be done. */
    FQ_SCALE_DRAIN_SECONDS: integerSetting({ min: 1, max: 86_400, default: 60 }),
    /** For so long fewer must have been wanted before a process ends. */
    FQ_SCALE_DOWN_SECONDS: integerSetting({ min: 0, max: 86_400, default: 60 }),
    FQ_SCALE_LOOK_MS: integerSetting({ min: 100, max: 600_000, default: 2_000 }),
  })
  .transform((env) => ({
    drainSeconds: env.FQ_SCALE_DRAIN_SECONDS,
    downSeconds: env.FQ_SCALE_DOWN_SECONDS,
    lookMs: env.FQ_SCALE_LOOK_MS,
  }));
export type ScalingSettings = z.output<typeof schema>;

/** Throws `ConfigError`. */
export function readScalingSettings(env: Environment): ScalingSettings {
  return readConfig(schema, env);
}

export interface LocalScalerOptions {
  readonly supervisor: Supervisor;
  readonly view: SiteView;
  readonly services: readonly ScaledService[];
  readonly settings: ScalingSettings;
  /** Is told of every change. */
  readonly stderr: NodeJS.WritableStream;
}

function nameOf({ stage }: ScaledService, i: number): string {
  return `${stage}-${i + 1}`;
}

/** The processes that there are from the start. */
export function startScaled(supervisor: Supervisor, service: ScaledService): Promise<void>[] {
  return Array.from({ length: service.min }, (_, i) =>
    supervisor.start(service.spec(nameOf(service, i))),
  );
}

/**
 * Starts and ends processes by the same policy as a cluster's autoscaler. One that is told to go finishes what it holds,
 * or hands it back.
 */
export function startLocalScaler(options: LocalScalerOptions): AsyncDisposable {
  const stopping = new AbortController();
  const scalers = options.services.map((service) => new ServiceScaler(options, service));
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const state = await options.view.read();
        for (const scaler of scalers) await scaler.look(state);
      } catch {
        // Redis is away, or a process has just gone: the next look tells.
      }
      const { lookMs } = options.settings;
      await sleep(lookMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      // A look may wait for a Redis that is gone for good.
      await Promise.race([running, sleep(1_000, undefined, { ref: false })]);
    },
  };
}

class ServiceScaler {
  readonly #options: LocalScalerOptions;
  readonly #service: ScaledService;
  readonly #policy: ScalingPolicy;
  readonly #speed: StageSpeed;
  /** Names of processes that run or start; those that drain are not among them. */
  readonly #names: Set<string>;
  readonly #draining = new Set<string>();
  #memory: ScalerMemory = EMPTY_MEMORY;

  constructor(options: LocalScalerOptions, service: ScaledService) {
    const { drainSeconds, downSeconds } = options.settings;
    this.#options = options;
    this.#service = service;
    this.#speed = new StageSpeed(service.stage);
    this.#policy = {
      ...DEFAULT_POLICY,
      min: service.min,
      max: service.max,
      drainSeconds,
      down: { ...DEFAULT_POLICY.down, windowSeconds: downSeconds },
    };
    this.#names = new Set(Array.from({ length: service.min }, (_, i) => nameOf(service, i)));
  }

  async look(state: Awaited<ReturnType<SiteView["read"]>>): Promise<void> {
    const { stage } = this.#service;
    const { stderr } = this.#options;
    const busy = await this.#speed.read(this.#options.supervisor.health());
    const load = {
      liveFramesPerSecond: 0,
      framesLeft: state.framesLeft[stage],
      framesPerBusySecond: this.#speed.framesPerBusySecond,
      busy: [...this.#names].filter((name) => (busy.get(name) ?? 0) > 0).length,
      waiting: state.queues[stage].waiting,
    };
    const current = this.#names.size;
    const { workers, memory } = decide(this.#memory, this.#policy, {
      now: performance.now() / 1000,
      current,
      wanted: wantedWorkers(load, this.#policy),
    });
    this.#memory = memory;
    if (workers === current) return;
    stderr.write(
      `${stage}: ${workers} instead of ${current} processes, ${Math.round(load.framesLeft)} frames left.\n`,
    );
    if (workers > current) this.#add(workers - current);
    else this.#end(current - workers, busy);
  }

  #add(count: number): void {
    for (let i = 0; count > 0; i++) {
      const name = nameOf(this.#service, i);
      if (this.#names.has(name) || this.#draining.has(name)) continue;
      this.#names.add(name);
      count--;
      // One that does not start says so itself, and counts as gone.
      this.#options.supervisor
        .start(this.#service.spec(name))
        .catch(() => this.#names.delete(name));
    }
  }

  /** The idle go first, and of those the youngest. */
  #end(count: number, busy: ReadonlyMap<string, number>): void {
    const order = [...this.#names].toReversed();
    order.sort((a, b) => (busy.get(a) ?? 0) - (busy.get(b) ?? 0));
    for (const name of order.slice(0, count)) {
      this.#names.delete(name);
      this.#draining.add(name);
      void this.#options.supervisor.end(name).finally(() => this.#draining.delete(name));
    }
  }
}
