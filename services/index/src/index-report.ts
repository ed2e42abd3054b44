import { type Gap, GAP_REASONS, gapSchema } from "@framequeue/contracts";
import type { JobRecord } from "@framequeue/pipeline";
import { z } from "zod";

const storedArtifactSchema = z.object({ key: z.string(), bytes: z.int(), sha256: z.string() });

/** What the index step leaves for the last step. */
export const indexReportSchema = z.object({
  artifacts: z.record(z.string(), storedArtifactSchema),
  /** Of the video, … */
  frames: z.int(),
  /** … and those of them that were looked at. Absent where another version left it: all. */
  framesLookedAt: z.int().optional(),
  detections: z.int(),
  tracks: z.int(),
  objects: z.record(z.string(), z.int()),
  gaps: z.array(gapSchema),
  /** Views of tracks that could not be looked at. */
  failedViews: z.int().default(0),
});
export type IndexReport = z.infer<typeof indexReportSchema>;

const missingReasonSchema = z.enum(GAP_REASONS);

/**
 * Frames that the source promised after the last one that decoded, as the ledger remembers them.
 *
 * @param frames that decoded
 */
export function missingFrames(record: JobRecord, frames: number): Gap | undefined {
  const missing = Number(record["missing"] ?? 0);
  if (missing === 0) return undefined;
  const reason = missingReasonSchema.parse(record["missingReason"]);
  return { from: frames, to: frames + missing - 1, reason };
}
