import { join } from "node:path";
import {
  type FrameFileRow,
  type Gap,
  type IndexMessage,
  labelRows,
  type PartRow,
  type TrackRow,
} from "@framequeue/contracts";
import { openTempFolder } from "@framequeue/lifetime";
import { FrameClock } from "@framequeue/media";
import { fanOut, fillGaps, toFrameRows, type TrackText } from "@framequeue/outputs";
import {
  runStep,
  FrameNumbers,
  type Pipeline,
  type StepWork,
  readRows,
  readTimeline,
  type TaskContext,
  videoFrames,
} from "@framequeue/pipeline";
import { countScene } from "../analytics/count-scene.ts";
import { LabelVotes } from "../analytics/label-votes.ts";
import { TrackSpool } from "../views/track-spool.ts";
import { readViews, viewRows } from "../views/view-rows.ts";
import { jobHeader } from "./job-header.ts";
import { ResultFiles } from "./result-files.ts";
import type { ResultsReport } from "./results-report.ts";

/** Writes the result files from the tracked parts, and counts what the job wants counted. */
export async function writeResults(
  pipeline: Pipeline,
  message: IndexMessage,
  { count }: TaskContext,
): Promise<void> {
  const report = await runStep(pipeline, message, async (work) => {
    await using folder = await openTempFolder("index");
    return await writeFiles(pipeline, work, folder.path);
  });
  if (report !== undefined) count({ frames: report.framesLookedAt ?? report.frames, batches: 0 });
}

/** Goes through the rows once for all formats that live on frames, and then through what was gathered on the way. */
async function writeFiles(
  pipeline: Pipeline,
  work: StepWork,
  folder: string,
): Promise<ResultsReport | undefined> {
  const { job, plan, epoch, record } = work;
  // A Redis that went back has the views looked at again.
  if (plan.views !== undefined && record["look"] === undefined) return undefined;
  const { sampling, fillGaps: longest } = plan;
  const lookedAt = Number(record["ord"] ?? 0);
  const frames = videoFrames(work, record);
  const timeline = await readTimeline(pipeline, work);
  const numbers = new FrameNumbers(timeline.missing);
  const header = jobHeader(work, frames);
  await using files = new ResultFiles(job, header, folder);
  await using tracks = await TrackSpool.open(join(folder, "paths"));
  const votes = new LabelVotes();
  const counts = new FrameCounts();

  const numbered = async function* (): AsyncGenerator<PartRow> {
    const rows = readRows(pipeline, job.id, epoch);
    for await (const row of longest === 0 ? rows : fillGaps(rows, longest, sampling.everyNth)) {
      yield { ...row, frame: numbers.of(row.frame) };
    }
  };
  let seen = 0;
  await fanOut(numbered(), [
    async (rows) => {
      for await (const row of rows) {
        seen++;
        vote(votes, row);
        await tracks.add(row);
      }
    },
    ...files.writers("boxes"),
    (rows) =>
      fanOut(toFrameRows(rows, plan, numbers.gaps), [
        (all) => counts.addAll(all),
        ...files.writers("frames"),
      ]),
  ]);
  // The job was cancelled meanwhile, or belongs to another epoch now.
  if (seen !== lookedAt) return undefined;

  const views = plan.views === undefined ? undefined : await readViews(pipeline, work);
  if (views !== undefined) {
    const rows = viewRows(views, work, numbers, (id, labels) => votes.add(id, labels));
    await fanOut(rows, files.writers("views"));
  }

  const attributesOf = (trackId: number): TrackRow["attributes"] => {
    const labels = votes.of(trackId);
    return labels && labelRows(labels, plan.attributeLabels ?? []);
  };
  const objects = new Map<string, number>();
  await fanOut(tracks.rows(plan.labels, attributesOf), [
    (rows) => countLabels(rows, objects),
    ...files.writers("tracks"),
  ]);

  const { analytics } = job;
  if (analytics !== undefined) {
    await countScene(pipeline, work, files, {
      header: { ...header, analytics },
      numbers,
      clock: new FrameClock(timeline.pts, plan.media.timeBase),
      lastFrameOf: (trackId) => tracks.lastFrameOf(trackId),
    });
  }
  return {
    artifacts: await files.store(pipeline.objects),
    frames,
    framesLookedAt: lookedAt,
    detections: counts.detections,
    tracks: tracks.count,
    objects: Object.fromEntries([...objects].sort(([a], [b]) => (a < b ? -1 : 1))),
    gaps: counts.gaps,
    failedViews: views?.looked.failed ?? 0,
  };
}

class FrameCounts {
  readonly gaps: Gap[] = [];
  detections = 0;

  async addAll(rows: AsyncIterable<FrameFileRow>): Promise<void> {
    for await (const row of rows) {
      if ("gap" in row) this.gaps.push(row.gap);
      else this.detections += row.detections.length;
    }
  }
}

async function countLabels(
  tracks: AsyncIterable<TrackText>,
  counts: Map<string, number>,
): Promise<void> {
  for await (const { row } of tracks) counts.set(row.label, (counts.get(row.label) ?? 0) + 1);
}

/** What the classifier says of the detections that tracks claim. */
function vote(votes: LabelVotes, row: PartRow): void {
  if ("gap" in row || row.attributes === undefined) return;
  for (const [trackId, , , , , , , detection] of row.tracks) {
    const labels = row.attributes[detection];
    if (labels) votes.add(trackId, labels);
  }
}
