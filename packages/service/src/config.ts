import type { z } from "zod";

/** The environment as Node has it: names to texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown at start-up. The message has one line per fault, `FQ_NAME: what is wrong`, and is meant for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

/**
 * Parses the environment once. `schema` is an object over variable names, usually with a transform to names in
 * camel case that carry their units. A variable that is set to nothing counts as unset, as in `FQ_SITE= npm start`.
 *
 * @throws ConfigError with every fault
 */
export function readConfig<S extends z.ZodType>(schema: S, env: Environment): z.output<S> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`),
  );
}
