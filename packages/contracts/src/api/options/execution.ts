import { z } from "zod";
import { option } from "./option.ts";

/** Options that say how the work is cut. They never change a result. */
export const executionOptionsSchema = z.strictObject({
  batchFrames: option(z.int().min(1).max(64).default(16), {
    text: "frames per queue message",
    flag: "batch",
  }),
  segmentSeconds: option(z.number().min(0).max(3600).default(60), {
    text: "target length of the pieces that are decoded in parallel, in seconds; 0 for one piece",
  }),
  window: option(z.int().min(1).max(256).optional(), {
    text: "batches of pixels that the job may hold at once",
    unset: "by the workers",
  }),
  openSegments: option(z.int().min(1).max(32).optional(), {
    text: "segments that may be open at once",
    unset: "by the decoders",
  }),
});
export type ExecutionOptions = z.infer<typeof executionOptionsSchema>;

export const DEFAULT_PRIORITY = 5;

export const prioritySchema = z.int().min(1).max(9);

export const shareOptions = {
  priority: option(prioritySchema.default(DEFAULT_PRIORITY), {
    text: "the job's share beside others that want the same workers: one of 8 gets twice that of one of 4; changes no result",
    // Nothing runs beside a job of the command line.
    flag: false,
  }),
} as const;
