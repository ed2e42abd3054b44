import { join } from "node:path";
import {
  cutReportSchema,
  lookReportSchema,
  type ResultHeader,
  type ViewRow,
} from "@framequeue/contracts";
import type { Pipeline, PostWork } from "@framequeue/pipeline";
import { ArtifactWriter, type StoredArtifact } from "./artifact-writer.ts";

/** What the views of a job came to. */
export interface WrittenViews {
  readonly artifact: StoredArtifact;
  /** Views that a model failed on. */
  readonly failed: number;
}

/** Writes `views.jsonl`: the best views of each track, and what the job's models made of them. */
export async function writeViews(
  { objects }: Pipeline,
  { job, plan, record }: PostWork,
  header: ResultHeader,
  folder: string,
): Promise<WrittenViews> {
  const read = async (key: string): Promise<unknown> =>
    JSON.parse((await objects.get(key)).toString());
  const { views } = cutReportSchema.parse(await read(record["cut"]!));
  const looked = lookReportSchema.parse(await read(record["look"]!));
  await using file = await ArtifactWriter.open("views.jsonl", join(folder, "views.jsonl"));
  await file.line(JSON.stringify(header));
  for (const [i, { trackId, classId, frame, pts, box }] of views.entries()) {
    const { feature } = looked.views[i]!;
    const row: ViewRow = {
      trackId,
      classId,
      label: plan.labels[classId] ?? `class ${classId}`,
      frame,
      pts,
      box,
      ...(feature === undefined ? {} : { embedding: feature }),
    };
    await file.line(JSON.stringify(row));
  }
  return { artifact: await file.store(objects, job.id), failed: looked.failed };
}
