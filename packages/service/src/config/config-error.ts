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
