import { join } from "node:path";
import {
  cutReportSchema,
  lookReportSchema,
  type ResultHeader,
  type ViewRow,
} from "@framequeue/contracts";
import {
  type FrameNumbers,
  labelOf,
  labelRows,
  type Pipeline,
  type StepWork,
  readIntermediateJson,
} from "@framequeue/pipeline";
import { ArtifactWriter, type StoredArtifact } from "../results/artifact-writer.ts";
import type { LabelVotes } from "../analytics/label-votes.ts";

/** What the views of a job came to. */
export interface WrittenViews {
  readonly artifact: StoredArtifact;
  /** Views that could not be looked at. */
  readonly failed: number;
}

/**
 * Writes `views.jsonl`: the best views of each track, and what the job's models made of them.
 *
 * @param numbers of the frames, in the results
 * @param votes hears what the classifier says
 */
export async function writeViews(
  { objects }: Pipeline,
  { job, plan, record }: StepWork,
  header: ResultHeader,
  folder: string,
  numbers: FrameNumbers,
  votes: LabelVotes,
): Promise<WrittenViews> {
  const { views } = await readIntermediateJson(objects, record["cut"]!, cutReportSchema);
  const looked = await readIntermediateJson(objects, record["look"]!, lookReportSchema);
  await using file = await ArtifactWriter.open("views.jsonl", join(folder, "views.jsonl"));
  await file.line(JSON.stringify(header));
  for (const [i, { trackId, classId, frame, pts, box }] of views.entries()) {
    const { feature, attributes } = looked.views[i]!;
    if (attributes !== undefined) votes.add(trackId, attributes);
    const row: ViewRow = {
      trackId,
      classId,
      label: labelOf(plan.labels, classId),
      frame: numbers.of(frame),
      pts,
      box,
      ...(feature === undefined ? {} : { embedding: feature }),
      ...(attributes && { attributes: labelRows(attributes, plan.attributeLabels ?? []) }),
    };
    await file.line(JSON.stringify(row));
  }
  return { artifact: await file.store(objects, job.id), failed: looked.failed };
}
