import { availableParallelism } from "node:os";
import { PROVIDER_NAMES, type ProviderName } from "@framequeue/models";
import {
  choiceSetting,
  commonConfig,
  commonSettings,
  type Environment,
  integerSetting,
  listSetting,
  readConfig,
  textSetting,
} from "@framequeue/service";
import { z } from "zod";

/** Without the libraries for CUDA it is passed over at no cost. */
const DEFAULT_PROVIDERS: readonly ProviderName[] = ["cuda", "cpu"];

const schema = z
  .object({
    ...commonConfig,
    /** Batches that this process holds at once; 0 follows the number of inference threads. */
    FQ_CONCURRENCY: integerSetting({ min: 0, max: 256, default: 0 }),
    /** Inference threads, each with a session of its own; 0 is as measured, else one per core. */
    FQ_INFER_WORKERS: integerSetting({ min: 0, max: 256, default: 0 }),
    /** Threads of one session; 0 is as measured, else one. Workers times this should not exceed the cores. */
    FQ_INFER_THREADS: integerSetting({ min: 0, max: 256, default: 0 }),
    /** Whether models that were not measured yet are, while there is nothing to do. */
    FQ_TUNE: choiceSetting(["when-idle", "never"], "never"),
    /** Models that stay loaded. */
    FQ_LOADED_MODELS: integerSetting({ min: 1, max: 64, default: 2 }),
    /** Processor time of one run of a network. */
    FQ_RUN_LIMIT_MS: integerSetting({ min: 100, max: 3_600_000, default: 30_000 }),
    /** What one run may add to the memory of the process. */
    FQ_RUN_MEMORY_BYTES: integerSetting({ min: 2 ** 27, default: 2 ** 31 }),
    /** What to run models on, in order of preference; the first that really works here is taken. */
    FQ_PROVIDERS: listSetting(),
    /** Numbers of the GPUs to use, a session thread each. */
    FQ_GPUS: listSetting(),
    /** In place of the class that is made of provider, processor and version of the runtime. */
    FQ_NUMERIC_CLASS: textSetting({
      pattern: /^[a-z0-9.-]*$/,
      form: "small letters, digits, dots and dashes",
      default: "",
    }),
  })
  .superRefine(({ FQ_PROVIDERS: providers, FQ_GPUS: gpus }, context) => {
    const known: readonly string[] = PROVIDER_NAMES;
    const strange = providers.find((provider) => !known.includes(provider));
    if (strange !== undefined) {
      const message = `may hold ${known.join(", ")}, but holds ${JSON.stringify(strange)}`;
      context.addIssue({ code: "custom", path: ["FQ_PROVIDERS"], message });
    }
    const noNumber = gpus.find((gpu) => !/^\d{1,3}$/.test(gpu));
    if (noNumber !== undefined) {
      const message = `must hold numbers of GPUs from 0, but holds ${JSON.stringify(noNumber)}`;
      context.addIssue({ code: "custom", path: ["FQ_GPUS"], message });
    }
  })
  .transform((env) => ({
    ...commonSettings(env),
    ...(env.FQ_CONCURRENCY === 0 ? {} : { concurrency: env.FQ_CONCURRENCY }),
    workers: env.FQ_INFER_WORKERS || availableParallelism(),
    threadsPerWorker: env.FQ_INFER_THREADS || 1,
    useTuning: env.FQ_INFER_WORKERS === 0 && env.FQ_INFER_THREADS === 0,
    tuneWhenIdle: env.FQ_TUNE === "when-idle",
    loadedModels: env.FQ_LOADED_MODELS,
    runLimits: { timeMs: env.FQ_RUN_LIMIT_MS, memoryBytes: env.FQ_RUN_MEMORY_BYTES },
    providersAsked: env.FQ_PROVIDERS.length > 0,
    engine: {
      providers:
        env.FQ_PROVIDERS.length === 0
          ? DEFAULT_PROVIDERS
          : env.FQ_PROVIDERS.map((name) => name as ProviderName),
      gpus: env.FQ_GPUS.length === 0 ? [0] : env.FQ_GPUS.map(Number),
      ...(env.FQ_NUMERIC_CLASS === "" ? {} : { numericClass: env.FQ_NUMERIC_CLASS }),
    },
  }));

export type InferConfig = z.output<typeof schema>;

/** Environment of the infer service. Throws `ConfigError` with every fault. */
export function readInferConfig(env: Environment): InferConfig {
  return readConfig(schema, env);
}
