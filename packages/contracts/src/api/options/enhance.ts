import { z } from "zod";
import { option } from "./option.ts";

/** What is done to the pixels before a model looks at them. */
export const enhanceOptions = {
  enhance: z
    .strictObject({
      normalize: option(z.boolean().default(false), {
        text: "stretch each colour channel of each frame to the full range first, so that dull pictures gain contrast",
      }),
    })
    .prefault({}),
} as const;

/** The pixels of a batch by their place in the frame store: `a` as decoded, `b` as enhanced. */
export const variantsSchema = z.array(z.enum(["a", "b"])).min(1);

export function resolveVariants({ normalize }: { readonly normalize: boolean }): ("a" | "b")[] {
  return normalize ? ["a", "b"] : ["a"];
}
