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
    /** Videos that this process writes at once. */
    FQ_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 1 }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    concurrency: env.FQ_CONCURRENCY,
  }));

export type RenderConfig = z.output<typeof schema>;

/** Environment of the render service. Throws `ConfigError` with every fault. */
export function readRenderConfig(env: Environment): RenderConfig {
  return readConfig(schema, env);
}
