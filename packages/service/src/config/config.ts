import type { z } from "zod";
import { ConfigError, type Environment } from "./config-error.ts";
import { withSecretFiles } from "./secret-files.ts";

export { ConfigError, type Environment };

/**
 * Parses the environment once. `schema` is an object over variable names, usually with a transform to names in
 * camel case that carry their units. A variable that is set to nothing counts as unset, as in `FQ_SITE= npm start`.
 * Secrets may stand in files: see `withSecretFiles`.
 *
 * @throws ConfigError with every fault
 */
export function readConfig<S extends z.ZodType>(schema: S, env: Environment): z.output<S> {
  const given = Object.fromEntries(
    Object.entries(withSecretFiles(env)).filter(
      ([, value]) => value !== undefined && value.trim() !== "",
    ),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`),
  );
}
