import {
  type FrameFileRow,
  frameFileRowSchema,
  type FrameRow,
  type JobId,
  type Summary,
  summarySchema,
  type TrackRow,
  trackRowSchema,
} from "@framequeue/contracts";
import type { SmallSite } from "./small-site.ts";

/** A text result of a job that has ended. */
export async function artifact(site: SmallSite, job: JobId, name: string): Promise<string> {
  const result = await site.pipeline.jobs.result(job);
  return (await site.pipeline.objects.get(result!.artifacts[name]!.key)).toString();
}

export async function rowsOf(site: SmallSite, job: JobId): Promise<FrameFileRow[]> {
  const [, ...lines] = (await artifact(site, job, "frames.jsonl")).trimEnd().split("\n");
  return lines.map((line) => frameFileRowSchema.parse(JSON.parse(line)));
}

/** Rows of frames, without those of gaps. */
export async function seenRows(site: SmallSite, job: JobId): Promise<FrameRow[]> {
  return (await rowsOf(site, job)).flatMap((row) => ("gap" in row ? [] : [row]));
}

export async function tracksOf(site: SmallSite, job: JobId): Promise<TrackRow[]> {
  const [, ...lines] = (await artifact(site, job, "tracks.jsonl")).trimEnd().split("\n");
  return lines.map((line) => trackRowSchema.parse(JSON.parse(line)));
}

export async function summaryOf(site: SmallSite, job: JobId): Promise<Summary> {
  return summarySchema.parse(JSON.parse(await artifact(site, job, "summary.json")));
}
