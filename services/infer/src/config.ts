import { availableParallelism } from "node:os";
import {
  commonConfig,
  commonSettings,
  type Environment,
  integerSetting,
  readConfig,
} from "@framequeue/service";
import { z } from "zod";

const schema = z
  .object({
    ...commonConfig,
    /** Batches that this process holds at once; 0 follows the number of inference threads. */
    FQ_CONCURRENCY: integerSetting({ min: 0, max: 256, default: 0 }),
    /** Inference threads, each with a session of its own; one per core by default. */
    FQ_INFER_WORKERS: integerSetting({ min: 1, max: 256, default: availableParallelism() }),
    /** Threads of one session. Workers times this should not exceed the cores. */
    FQ_INFER_THREADS: integerSetting({ min: 1, max: 256, default: 1 }),
    /** Models that stay loaded. */
    FQ_LOADED_MODELS: integerSetting({ min: 1, max: 64, default: 2 }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    ...(env.FQ_CONCURRENCY === 0 ? {} : { concurrency: env.FQ_CONCURRENCY }),
    workers: env.FQ_INFER_WORKERS,
    threadsPerWorker: env.FQ_INFER_THREADS,
    loadedModels: env.FQ_LOADED_MODELS,
  }));

export type InferConfig = z.output<typeof schema>;

/** Environment of the infer service. Throws `ConfigError` with every fault. */
export function readInferConfig(env: Environment): InferConfig {
  return readConfig(schema, env);
}
