import {
  commonConfig,
  commonSettings,
  type Environment,
  flagSetting,
  integerSetting,
  readConfig,
} from "@framequeue/service";
import { z } from "zod";
import { FETCH_BOUNDS } from "./fetch-source.ts";

const schema = z
  .object({
    ...commonConfig,
    /** Jobs that this process takes in at once. */
    FQ_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 2 }),
    /** Mean time between two looks for what queues, stores and dead processes lost. */
    FQ_RECONCILE_MS: integerSetting({ min: 100, max: 3_600_000, default: 10_000 }),
    /** Size of a fetched source. */
    FQ_SOURCE_LIMIT_BYTES: integerSetting({ min: 1, default: FETCH_BOUNDS.limitBytes }),
    /** Pixels of one picture: width times height. */
    FQ_SOURCE_LIMIT_PIXELS: integerSetting({ min: 1, default: 8192 * 8192 }),
    /** Frames of a source, as its packets tell them. */
    FQ_SOURCE_LIMIT_FRAMES: integerSetting({ min: 1, default: 10_000_000 }),
    /** Length that a source may state, in seconds; 0 for any. */
    FQ_SOURCE_LIMIT_SECONDS: integerSetting({ min: 0, default: 0 }),
    /** Read sources from private networks too. For closed networks whose users are all trusted. */
    FQ_ALLOW_PRIVATE_SOURCES: flagSetting(false),
    /** Silence after which a server counts as gone. */
    FQ_FETCH_IDLE_TIMEOUT_MS: integerSetting({
      min: 100,
      max: 3_600_000,
      default: FETCH_BOUNDS.idleTimeoutMs,
    }),
    /** Sources that this process fetches at once, beside the jobs that it takes in. */
    FQ_FETCH_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 8 }),
    /** For a whole fetch. */
    FQ_FETCH_TIMEOUT_MS: integerSetting({
      min: 1_000,
      max: 604_800_000,
      default: FETCH_BOUNDS.timeoutMs,
    }),
    /** Of a source as it comes, as the mean over a minute. */
    FQ_FETCH_LEAST_BYTES_PER_SECOND: integerSetting({
      min: 0,
      max: 2 ** 30,
      default: FETCH_BOUNDS.leastRate.bytesPerSecond,
    }),
  })
  .transform((env) => ({
    ...commonSettings(env),
    concurrency: env.FQ_CONCURRENCY,
    reconcileMs: env.FQ_RECONCILE_MS,
    limits: {
      maxPixels: env.FQ_SOURCE_LIMIT_PIXELS,
      maxFrames: env.FQ_SOURCE_LIMIT_FRAMES,
      ...(env.FQ_SOURCE_LIMIT_SECONDS === 0 ? {} : { maxSeconds: env.FQ_SOURCE_LIMIT_SECONDS }),
    },
    allowPrivateSources: env.FQ_ALLOW_PRIVATE_SOURCES,
    fetchConcurrency: env.FQ_FETCH_CONCURRENCY,
    fetch: {
      limitBytes: env.FQ_SOURCE_LIMIT_BYTES,
      idleTimeoutMs: env.FQ_FETCH_IDLE_TIMEOUT_MS,
      timeoutMs: env.FQ_FETCH_TIMEOUT_MS,
      leastRate: {
        ...FETCH_BOUNDS.leastRate,
        bytesPerSecond: env.FQ_FETCH_LEAST_BYTES_PER_SECOND,
      },
    },
  }));

export type IngestConfig = z.output<typeof schema>;

/** Environment of the ingest service. Throws `ConfigError` with every fault. */
export function readIngestConfig(env: Environment): IngestConfig {
  return readConfig(schema, env);
}
