import { z } from "zod";
import { jobIdSchema } from "../api/ids.ts";

/**
 * Pixel layouts of a batch. `gbrp`: three 8-bit planes, green, blue, red, one after the other. `rgb24`: interleaved.
 * `yuv420p`: luma, then two chroma planes of half the width and height (rounded up).
 */
export const pixelLayoutSchema = z.enum(["gbrp", "rgb24", "yuv420p"]);
export type PixelLayout = z.infer<typeof pixelLayoutSchema>;

/** Bytes of one frame. */
export function frameBytes(layout: PixelLayout, width: number, height: number): number {
  if (layout === "yuv420p") {
    return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
  }
  return width * height * 3;
}

/**
 * Describes the payload of a batch: `frames` pictures of `width` × `height`, back to back, no padding between rows.
 * `pts[i]` belongs to picture `i`, in ticks of the source's time base.
 */
export const batchHeaderSchema = z.object({
  v: z.literal(1),
  job: jobIdSchema,
  epoch: z.string(),
  segment: z.int().min(0),
  batch: z.int().min(0),
  layout: pixelLayoutSchema,
  width: z.int().positive(),
  height: z.int().positive(),
  frames: z.int().positive(),
  pts: z.array(z.int()),
  /** CRC-32 of the payload. */
  crc32: z.int().min(0),
  /** Names the task that made it in the job's trace, where there is one. */
  span: z.string().optional(),
});
export type BatchHeader = z.infer<typeof batchHeaderSchema>;
