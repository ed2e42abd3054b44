import { GAP_REASONS, gapSchema } from "@framequeue/contracts";
import type { JobRecord } from "@framequeue/pipeline";
import { z } from "zod";

const storedArtifactSchema = z.object({ key: z.string(), bytes: z.int(), sha256: z.string() });

/** What the index step leaves for the last step. */
export const indexReportSchema = z.object({
  artifacts: z.record(z.string(), storedArtifactSchema),
  frames: z.int(),
  detections: z.int(),
  tracks: z.int(),
  objects: z.record(z.string(), z.int()),
  gaps: z.array(gapSchema),
  /** Views of tracks that could not be looked at. */
  failedViews: z.int().default(0),
});
export type IndexReport = z.infer<typeof indexReportSchema>;

const missingReasonSchema = z.enum(GAP_REASONS);

/** Frames that the source promised after the last one that decoded, as the ledger remembers them. */
export function missingFrames(
  record: JobRecord,
): { frames: number; reason: z.infer<typeof missingReasonSchema> } | undefined {
  const frames = Number(record["missing"] ?? 0);
  if (frames === 0) return undefined;
  return { frames, reason: missingReasonSchema.parse(record["missingReason"]) };
}
