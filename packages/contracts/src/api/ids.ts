import { z } from "zod";

/** `j` and 22 characters: ten of milliseconds, so that ids sort by time, and twelve random ones. */
export const jobIdSchema = z.string().regex(/^j[0-9a-hjkmnp-tv-z]{22}$/, "is not a job id");
export type JobId = z.infer<typeof jobIdSchema>;
