import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import { ProblemError } from "@framequeue/contracts";

/** `parseArgs`, whose complaints name the option. Throws `unknown-option`. */
export function parseStrictly<const T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const option = /'(-[^' ]+)/.exec(message)?.[1] ?? "options";
    throw new ProblemError(
      "unknown-option",
      message.startsWith("Unknown option")
        ? `There is no option ${option}; --help lists them.`
        : `${message.split(". ")[0]}.`,
      { at: option },
    );
  }
}

/** The whole number that an option's text says. Throws `invalid-request`. */
export function wholeNumber(text: string, name: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) {
    throw new ProblemError(
      "invalid-request",
      `${name} takes a whole number from ${min} to ${max}.`,
      { at: name },
    );
  }
  return value;
}
