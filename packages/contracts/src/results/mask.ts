import { z } from "zod";

/**
 * A mask in pixels of the source, as COCO's tools write it: `size` is height and width, `counts` the text of its runs,
 * column by column.
 */
export const maskSchema = z.object({
  size: z.tuple([z.int().positive(), z.int().positive()]),
  counts: z.string(),
});
export type Mask = z.infer<typeof maskSchema>;
