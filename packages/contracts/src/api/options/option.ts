import type { z } from "zod";

/** What people read of an option, wherever they meet it: help texts, documents, the schema of the API. */
export interface OptionNotes<V> {
  /** What it does, without the bounds and the default, which the schema tells. `Code` stands in backticks. */
  readonly text: string;
  /** What a job means that leaves it out, where the schema does not write that into the job, its header and results. */
  readonly default?: NonNullable<V>;
  /** The same in words, where it is no constant. */
  readonly unset?: string;
  /** Where documents say more, from `docs/`. */
  readonly see?: string;
  /**
   * Its name on the command line, where that is not its own in small letters with dashes; false where a command takes it
   * in a form of its own.
   */
  readonly flag?: string | false;
  /** What stands behind the flag in help texts, such as `NAME`. Default: by the type. */
  readonly value?: string;
}

/** An option of a job, declared: its bounds and default by the schema, its words beside it. The schema parses as before. */
export function option<T extends z.ZodType>(
  schema: T,
  { text, ...notes }: OptionNotes<z.output<T>>,
): T {
  return schema.meta({ description: text, ...notes });
}

/** What the schema of an optional option says that a job means which leaves it out. */
export type Settled<T extends z.ZodType> = NonNullable<z.output<T>>;

/** The value of an option, or what its declaration says it is where a job leaves it out. */
export function settled<T extends z.ZodOptional>(schema: T, value: z.output<T>): Settled<T> {
  const result = value ?? schema.meta()?.["default"];
  if (result === undefined) throw new Error("An option without a default was to be settled.");
  return result as Settled<T>;
}
