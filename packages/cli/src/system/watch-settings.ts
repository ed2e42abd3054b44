import { type Environment, integerSetting, readConfig } from "@framequeue/service";
import { z } from "zod";

const schema = z
  .object({
    /** How long a process may give no answer before `npm start` ends it and starts it again. */
    FQ_WATCH_SILENCE_MS: integerSetting({ min: 1_000, max: 3_600_000, default: 60_000 }),
  })
  .transform((env) => ({ silenceMs: env.FQ_WATCH_SILENCE_MS }));
export type WatchSettings = z.output<typeof schema>;

/** Throws `ConfigError`. */
export function readWatchSettings(env: Environment): WatchSettings {
  return readConfig(schema, env);
}
