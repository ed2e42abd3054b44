import { gapSchema } from "@framequeue/contracts";
import { z } from "zod";

const storedArtifactSchema = z.object({ key: z.string(), bytes: z.int(), sha256: z.string() });

/** What the index step leaves for the last step. */
export const resultsReportSchema = z.object({
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
export type ResultsReport = z.infer<typeof resultsReportSchema>;
