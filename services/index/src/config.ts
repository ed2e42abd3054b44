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
    /** Jobs that this process works on at once. */
    FQ_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 2 }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    concurrency: env.FQ_CONCURRENCY,
  }));

export type IndexConfig = z.output<typeof schema>;

/** Environment of the index service. Throws `ConfigError` with every fault. */
export function readIndexConfig(env: Environment): IndexConfig {
  return readConfig(schema, env);
}
