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
    /** Batches that this process works on at once. */
    FQ_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 2 }),
    /** Threads of the picture library. */
    FQ_ENHANCE_THREADS: integerSetting({ min: 1, max: 64, default: 2 }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    concurrency: env.FQ_CONCURRENCY,
    threads: env.FQ_ENHANCE_THREADS,
  }));

export type EnhanceConfig = z.output<typeof schema>;

/** Environment of the enhance service. Throws `ConfigError` with every fault. */
export function readEnhanceConfig(env: Environment): EnhanceConfig {
  return readConfig(schema, env);
}
