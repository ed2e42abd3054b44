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
    /** Jobs that this process tracks at once. */
    FQ_CONCURRENCY: integerSetting({ min: 1, max: 256, default: 4 }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    concurrency: env.FQ_CONCURRENCY,
  }));

export type TrackConfig = z.output<typeof schema>;

/** Environment of the track service. Throws `ConfigError` with every fault. */
export function readTrackConfig(env: Environment): TrackConfig {
  return readConfig(schema, env);
}
