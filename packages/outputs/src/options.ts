import { z } from "zod";

// Options of formats come from the query of a URL, as text, and again as they were read from it.

/** A number, both limits inclusive. */
export function numberOption(min: number, max: number) {
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^-?\d{1,9}(\.\d{1,9})?$/)
          .transform(Number),
      ],
      {
        error: "must be a number",
      },
    )
    .pipe(z.number().min(min).max(max));
}

/** Words separated by commas, at least one. */
export const wordsOption = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(","))], {
    error: "must be words separated by commas",
  })
  .pipe(z.array(z.string().min(1)).min(1));
