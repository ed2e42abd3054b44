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
    /** Segments that this process decodes at once. */
    FQ_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 2 }),
    /** Threads of one ffmpeg; 0 leaves the choice to it. */
    FQ_DECODER_THREADS: integerSetting({ min: 0, max: 64, default: 0 }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    concurrency: env.FQ_CONCURRENCY,
    decoderThreads: env.FQ_DECODER_THREADS,
  }));

export type DecodeConfig = z.output<typeof schema>;

/** Environment of the decode service. Throws `ConfigError` with every fault. */
export function readDecodeConfig(env: Environment): DecodeConfig {
  return readConfig(schema, env);
}
