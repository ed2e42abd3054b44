import type { ModelRef } from "@framequeue/contracts";
import { modelKeys, ProblemError } from "@framequeue/contracts";
import {
  type Engine,
  loadModelPackage,
  parseManifest,
  tune,
  type TuneOptions,
} from "@framequeue/models";
import { type Pipeline, readManifest, readTuning, storeTuning } from "@framequeue/pipeline";

export interface BackgroundTuningOptions {
  readonly pipeline: Pick<Pipeline, "objects" | "roster">;
  readonly engine: Engine;
  /** How long the process must have had nothing to do. */
  readonly idleMs?: number;
  readonly tuneOptions?: Pick<TuneOptions, "seconds" | "cores" | "latencyLimitMs">;
  readonly onTuned?: (model: ModelRef) => void;
  readonly onError?: (error: unknown) => void;
}

/**
 * Measures models that were used and have no measurement for this kind of device, while the process has nothing else to
 * do: what runs is not slowed, and what is measured is not disturbed. Jobs that run keep the tensor that their plan
 * names; those that come later get the measured one.
 */
export interface BackgroundTuning {
  /** A task begins; what is being measured is given up. Answers what to call at its end. */
  busy(): () => void;
  used(model: ModelRef): void;
  stop(): Promise<void>;
}

const IDLE_MS = 10_000;

export function createBackgroundTuning(options: BackgroundTuningOptions): BackgroundTuning {
  const { pipeline, engine, idleMs = IDLE_MS, onTuned, onError } = options;
  const { objects, roster } = pipeline;
  const waiting = new Map<string, ModelRef>();
  const done = new Set<string>();
  let tasks = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> | undefined;
  let abort = new AbortController();

  async function tuneOne(model: ModelRef, signal: AbortSignal): Promise<void> {
    const { sha256 } = model;
    const { numericClass } = engine;
    if ((await readTuning(objects, sha256, numericClass)) === undefined) {
      // One process of a class is enough.
      if (!(await roster.claimTuning(sha256, numericClass))) return;
      const keys = modelKeys(sha256);
      await using file = await objects.localCopy(keys.model);
      const manifest = parseManifest(await readManifest(objects, model), model.name);
      const modelPackage = await loadModelPackage(file.path, { manifest });
      const tuning = await tune(modelPackage, { engine, signal, ...options.tuneOptions });
      await storeTuning(objects, tuning);
      onTuned?.(model);
    }
    done.add(sha256);
    waiting.delete(sha256);
  }

  async function tuneWaiting(signal: AbortSignal): Promise<void> {
    for (const model of waiting.values()) {
      if (signal.aborted) return;
      try {
        await tuneOne(model, signal);
      } catch (error) {
        if (signal.aborted) return;
        // It is not tried again before the process starts anew.
        done.add(model.sha256);
        waiting.delete(model.sha256);
        onError?.(error);
      }
    }
  }

  function schedule(): void {
    clearTimeout(timer);
    if (stopped || tasks > 0 || waiting.size === 0) return;
    timer = setTimeout(() => {
      abort = new AbortController();
      work = tuneWaiting(abort.signal).finally(() => (work = undefined));
    }, idleMs);
    timer.unref();
  }

  return {
    busy() {
      tasks++;
      clearTimeout(timer);
      abort.abort(new ProblemError("shutting-down", "The process has other work."));
      return () => {
        tasks--;
        schedule();
      };
    },
    used(model) {
      if (!done.has(model.sha256)) waiting.set(model.sha256, model);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      abort.abort(new ProblemError("shutting-down", "The service is stopping."));
      await work;
    },
  };
}
