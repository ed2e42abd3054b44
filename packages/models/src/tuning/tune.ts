import { availableParallelism } from "node:os";
import type { RunSetting, Tuning } from "@framequeue/contracts";
import type { ModelPackage } from "../package/package.ts";
import type { Engine } from "../providers/choose.ts";
import { chooseSetting } from "./choose-setting.ts";
import { type Measure, measureApart } from "./measure-apart.ts";
import type { Measurement } from "./measurement.ts";

const BATCHES = [1, 2, 4, 8, 16, 32, 64] as const;
/** Settings that are measured a second time: on a machine with other work the better of two counts. */
const FINALISTS = 3;

export interface TuneOptions {
  readonly engine: Pick<Engine, "provider" | "devices" | "numericClass">;
  /** Runs may take so long, in 95 of 100 cases; 250 ms by default. */
  readonly latencyLimitMs?: number;
  /** How long each setting is measured; 1 by default. */
  readonly seconds?: number;
  readonly cores?: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each measurement, or why a setting cannot be run. */
  readonly onMeasured?: (setting: RunSetting, result: Measurement | Error) => void;
  readonly measure?: Measure;
}

/**
 * Measures a model at tensors of 1 to 64 pictures, with threads and sessions as the processor has cores, and chooses
 * the fastest setting that keeps the limit.
 *
 * @throws Error if no setting can be run; the signal's reason if it aborts
 */
export async function tune(model: ModelPackage, options: TuneOptions): Promise<Tuning> {
  const { engine, latencyLimitMs = 250, seconds = 1, signal, onMeasured } = options;
  const { measure = measureApart, cores = availableParallelism() } = options;
  const { provider, devices } = engine;
  const measured = new Map<string, Measurement>();

  async function take(setting: RunSetting): Promise<Measurement | undefined> {
    try {
      const order = { model, setting, devices: provider === "cpu" ? [] : devices, seconds };
      const result = await measure(order, signal);
      const key = Object.values(result.setting).join();
      const before = measured.get(key);
      const better = before === undefined || before.framesPerSecond < result.framesPerSecond;
      if (better) measured.set(key, result);
      onMeasured?.(setting, result);
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      onMeasured?.(setting, error as Error);
      return undefined;
    }
  }

  const fixed = model.manifest.input.batch;
  const batches = fixed === "dynamic" ? BATCHES : [fixed];
  for (const shape of provider === "cpu" ? shapesOf(cores) : [{ threads: 1, sessions: 1 }]) {
    for (const batch of batches) {
      const result = await take({ batch, ...shape });
      // Larger ones take longer still, or more memory than there is.
      if (result === undefined || result.latencyMs > latencyLimitMs) break;
    }
  }
  const finalists = [...measured.values()]
    .toSorted((a, b) => b.framesPerSecond - a.framesPerSecond)
    .slice(0, measured.size > FINALISTS ? FINALISTS : 0);
  for (const { setting } of finalists) await take(setting);

  const all = [...measured.values()];
  if (all.length === 0) throw new Error(`${model.ref.name} cannot be run at any setting`);
  return {
    v: 1,
    sha256: model.ref.sha256,
    class: engine.numericClass,
    cores,
    latencyLimitMs,
    chosen: chooseSetting(all, latencyLimitMs),
    settings: all.map(({ setting, framesPerSecond, latencyMs, peakBytes, fingerprint }) => ({
      ...setting,
      framesPerSecond,
      latencyMs,
      peakBytes,
      exact: fingerprint === all[0]!.fingerprint,
    })),
  };
}

/** Threads of a session times sessions: one of each, and every way to use all cores in powers of two. */
export function shapesOf(cores: number): { readonly threads: number; readonly sessions: number }[] {
  const shapes = [{ threads: 1, sessions: 1 }];
  if (cores === 1) return shapes;
  for (let threads = 1; threads < cores; threads *= 2) {
    shapes.push({ threads, sessions: Math.floor(cores / threads) });
  }
  shapes.push({ threads: cores, sessions: 1 });
  return shapes;
}
