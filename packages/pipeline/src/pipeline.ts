import type { FrameStore } from "@framequeue/frames";
import type { ObjectStore } from "@framequeue/storage";
import { createInferRoster, type InferRoster } from "./registry/infer-roster.ts";
import { createDerivations, type Derivations } from "./derivations/derivations.ts";
import { createJobs, type JobEvents, type Jobs } from "./jobs/jobs.ts";
import { createLedger } from "./ledger/ledger.ts";
import { createFactsReader, type FactsReader } from "./plan/plan.ts";
import { connectRedis } from "./ledger/redis.ts";
import { observeFrames, observeObjects, type StoreEvents } from "./site/observed-stores.ts";
import { THIS_HOST } from "./protocol/host.ts";
import type { Ports } from "./ports.ts";
import { createTaskQueues } from "./queues/task-queues.ts";

/** What every stage works with. */
export interface Pipeline extends Ports {
  readonly jobs: Jobs;
  readonly facts: FactsReader;
  /** What is made of jobs that have ended. */
  readonly derivations: Derivations;
  /** Who infers here, and on what. */
  readonly roster: InferRoster;
}

export interface PipelineOptions {
  readonly redisUrl: string;
  /** Names this installation in Redis; one site, one budget of frame bytes. */
  readonly site: string;
  readonly objects: ObjectStore;
  readonly frames: FrameStore;
  readonly frameBudgetBytes: number;
  readonly lockMs?: number;
  readonly onRedisError?: (error: Error) => void;
  readonly events?: JobEvents & StoreEvents;
}

/**
 * Twice the time for which the process may be too busy to renew its locks; nothing here blocks the event loop for a
 * second. A lock that runs out all the same does no harm: the ledger's lease decides whose commit counts.
 */
export const DEFAULT_LOCK_MS = 15_000;

/** Connects to Redis; disposing closes queues and connection, not the stores. */
export function openPipeline(options: PipelineOptions): Pipeline & AsyncDisposable {
  const { site, frameBudgetBytes, events = {} } = options;
  const objects = observeObjects(options.objects, events);
  const frames = observeFrames(options.frames, events);
  const redis = connectRedis(options.redisUrl);
  redis.on("error", (error: Error) => options.onRedisError?.(error));
  const ledger = createLedger(redis, site);
  const queues = createTaskQueues(redis, site);
  const jobs = createJobs({ redis, site, ledger, queues, objects, frames, events });
  const derivations = createDerivations({ redis, objects, jobs });
  return {
    redis,
    site,
    ledger,
    queues,
    jobs,
    derivations,
    facts: createFactsReader(objects, { events }),
    roster: createInferRoster(redis, site),
    objects,
    frames,
    frameBudgetBytes,
    lockMs: options.lockMs ?? DEFAULT_LOCK_MS,
    host: THIS_HOST,
    async [Symbol.asyncDispose]() {
      await derivations[Symbol.asyncDispose]();
      await queues[Symbol.asyncDispose]();
      redis.disconnect();
    },
  };
}
