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
    /** How long a segment keeps its decoder while other jobs wait for one. */
    FQ_DECODE_QUANTUM_MS: integerSetting({ min: 100, max: 600_000, default: 5_000 }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    concurrency: env.FQ_CONCURRENCY,
    decoderThreads: env.FQ_DECODER_THREADS,
    quantumMs: env.FQ_DECODE_QUANTUM_MS,
  }));

export type DecodeConfig = z.output<typeof schema>;

/** Environment of the decode service. Throws `ConfigError` with every fault. */
export function readDecodeConfig(env: Environment): DecodeConfig {
  return readConfig(schema, env);
}
