import { join } from "node:path";
import { z } from "zod";
import { ConfigError, type Environment, readConfig } from "./config.ts";
import {
  objectStoreConfig,
  type ObjectStoreConfig,
  objectStoreSettings,
} from "./object-store-config.ts";
import {
  choiceSetting,
  integerSetting,
  optionalPathSetting,
  passwordSetting,
  redisUrlListSetting,
  redisUrlSetting,
  textSetting,
} from "./settings.ts";
import { withRedisPassword } from "./redis-password.ts";
import { tracingConfig, type TracingSettings, tracingSettings } from "../tracing/tracing-config.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * What every service reads from its environment. A service spreads it into its own schema:
 *
 * ```ts
 * const schema = z
 *   .object({ ...commonConfig, FQ_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 2 }) })
 *   .transform((env) => ({ ...commonSettings(env), concurrency: env.FQ_CONCURRENCY }));
 * ```
 */
export const commonConfig = {
  REDIS_URL: redisUrlSetting("redis://127.0.0.1:6379"),
  /** Where the address is no secret and the password is one: put into a URL that has none. */
  REDIS_PASSWORD: passwordSetting(),
  /** Names this installation in Redis: services of one site share jobs, queues and the frame budget. */
  FQ_SITE: textSetting({
    pattern: /^[a-z0-9-]{1,40}$/,
    form: "1 to 40 lower-case letters, digits and dashes",
    default: "site",
  }),
  ...objectStoreConfig,
  /** Where pixels are between the stages: a folder that all services share, or Redis servers of their own. */
  FQ_FRAME_STORE: choiceSetting(["file", "redis"], "file"),
  /** The folder; best on a tmpfs. */
  FQ_FRAMES_DIR: optionalPathSetting(),
  /** The servers: the same list for every service of the site. */
  FQ_FRAME_REDIS_URLS: redisUrlListSetting(),
  FQ_FRAME_REDIS_PASSWORD: passwordSetting(),
  /** How long pixels may stay there; those that a job still wants later are decoded again. */
  FQ_FRAME_TTL_SECONDS: integerSetting({ min: 60, max: 30 * 24 * 3600, default: 6 * 3600 }),
  FQ_FRAME_BUDGET_BYTES: integerSetting({ min: 64 * 2 ** 20, default: 2 * 2 ** 30 }),
  /** How long a task stays with a process that gives no sign of life; its event loop may be busy for half of it. */
  FQ_LOCK_MS: integerSetting({ min: 1_000, max: 3_600_000, default: 15_000 }),
  FQ_METRICS_HOST: textSetting({
    pattern: /^[0-9A-Za-z.:-]+$/,
    form: "a host name or an address",
    default: "127.0.0.1",
  }),
  /** 0 is any free port. */
  FQ_METRICS_PORT: integerSetting({ min: 0, max: 65_535, default: 0 }),
  FQ_LOG_LEVEL: choiceSetting(LOG_LEVELS, "info"),
  ...tracingConfig,
  FQ_DRAIN_TIMEOUT_MS: integerSetting({ min: 0, max: 3_600_000, default: 20_000 }),
} as const;

export interface CommonConfig extends ObjectStoreConfig {
  readonly redisUrl: string;
  readonly site: string;
  /** Absolute, as is the one below. */
  readonly dataDir: string;
  readonly framesDir: string;
  readonly frameStore: "file" | "redis";
  /** At least one where the frame store is `redis`. */
  readonly frameRedisUrls: readonly string[];
  readonly frameTtlSeconds: number;
  readonly frameBudgetBytes: number;
  /** How long a task stays with a process that gives no sign of life. */
  readonly lockMs: number;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly logLevel: LogLevel;
  /** Off unless OpenTelemetry's variables say where traces go. */
  readonly tracing: TracingSettings;
  /** How long running work may go on after the service was told to stop. */
  readonly drainTimeoutMs: number;
}

const commonSchema = z.object(commonConfig);

/** @throws ConfigError where settings that are right alone do not go together */
export function commonSettings(env: z.output<typeof commonSchema>): CommonConfig {
  if (env.FQ_FRAME_STORE === "redis" && env.FQ_FRAME_REDIS_URLS.length === 0) {
    throw new ConfigError([
      "FQ_FRAME_REDIS_URLS: must name at least one server, because FQ_FRAME_STORE is redis",
    ]);
  }
  return {
    redisUrl: withRedisPassword(env.REDIS_URL, env.REDIS_PASSWORD, "REDIS_PASSWORD"),
    site: env.FQ_SITE,
    dataDir: env.FQ_DATA_DIR,
    ...objectStoreSettings(env),
    framesDir: env.FQ_FRAMES_DIR ?? join(env.FQ_DATA_DIR, "frames"),
    frameStore: env.FQ_FRAME_STORE,
    frameRedisUrls: frameRedisUrls(env),
    frameTtlSeconds: env.FQ_FRAME_TTL_SECONDS,
    frameBudgetBytes: env.FQ_FRAME_BUDGET_BYTES,
    lockMs: env.FQ_LOCK_MS,
    metricsHost: env.FQ_METRICS_HOST,
    metricsPort: env.FQ_METRICS_PORT,
    logLevel: env.FQ_LOG_LEVEL,
    tracing: tracingSettings(env),
    drainTimeoutMs: env.FQ_DRAIN_TIMEOUT_MS,
  };
}

/** For who starts services: the faults that each of them would find. Throws `ConfigError`. */
export function checkCommonConfig(env: Environment): CommonConfig {
  return commonSettings(readConfig(commonSchema, env));
}

const framesSchema = commonSchema.pick({
  FQ_FRAME_REDIS_URLS: true,
  FQ_FRAME_REDIS_PASSWORD: true,
});

function frameRedisUrls(env: z.output<typeof framesSchema>): string[] {
  return env.FQ_FRAME_REDIS_URLS.map((url) =>
    withRedisPassword(url, env.FQ_FRAME_REDIS_PASSWORD, "FQ_FRAME_REDIS_PASSWORD"),
  );
}

/** The servers for pixels alone, for commands that have no other configuration. Throws `ConfigError`. */
export function readFrameRedisUrls(env: Environment): readonly string[] {
  return frameRedisUrls(readConfig(framesSchema, env));
}

const redisSchema = commonSchema.pick({ REDIS_URL: true, REDIS_PASSWORD: true });

/** The queues' server alone; undefined where the environment names none. Throws `ConfigError`. */
export function readRedisUrl(env: Environment): string | undefined {
  if ((env["REDIS_URL"] ?? env["REDIS_URL_FILE"] ?? "").trim() === "") return undefined;
  const { REDIS_URL: url, REDIS_PASSWORD: password } = readConfig(redisSchema, env);
  return withRedisPassword(url, password, "REDIS_PASSWORD");
}
