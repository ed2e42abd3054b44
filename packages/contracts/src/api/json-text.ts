import { z } from "zod";

/** What `JSON.parse` says, without the piece of the text that it quotes: that may be anything, a password too. */
export function jsonFault(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, (\.\.\.)?".*/s, "");
}

/** A text that is a JSON object, as that object. */
export const jsonObjectText = z.string().transform((text, context): Record<string, unknown> => {
  let fault = "must be a JSON object";
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    fault = `is not JSON: ${jsonFault(error)}`;
  }
  context.addIssue({ code: "custom", message: fault });
  return z.NEVER;
});
