import { join } from "node:path";
import {
  type Gap,
  type IndexMessage,
  type PartRow,
  RESULT_SCHEMA_VERSION,
  type ResultHeader,
  type TrackRow,
} from "@framequeue/contracts";
import { openTempFolder } from "@framequeue/lifetime";
import { FrameClock } from "@framequeue/media";
import {
  type JobFacts,
  runStep,
  FrameNumbers,
  labelRows,
  type Pipeline,
  type StepWork,
  readRows,
  readTimeline,
  type TaskContext,
  toFrameRows,
  videoFrames,
} from "@framequeue/pipeline";
import { analyzeTracks } from "../analytics/analyze-tracks.ts";
import { ArtifactWriter } from "./artifact-writer.ts";
import { fillGaps } from "./fill-gaps.ts";
import type { IndexReport } from "./index-report.ts";
import { LabelVotes } from "../analytics/label-votes.ts";
import { TrackSpool } from "../views/track-spool.ts";
import { writeViews } from "../views/write-views.ts";

/** Writes the result files from the tracked parts, and counts what the job wants counted. */
export async function indexTracks(
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

async function writeFiles(
  pipeline: Pipeline,
  work: StepWork,
  folder: string,
): Promise<IndexReport | undefined> {
  const { job, plan, epoch, record } = work;
  // A Redis that went back has the views looked at again.
  if (plan.views !== undefined && record["look"] === undefined) return undefined;
  const { sampling, fillGaps: longest } = plan;
  const lookedAt = Number(record["ord"] ?? 0);
  const frames = videoFrames(work, record);
  const timeline = await readTimeline(pipeline, work);
  const numbers = new FrameNumbers(timeline.missing);
  await using framesFile = await ArtifactWriter.open("frames.jsonl", join(folder, "frames.jsonl"));
  await using tracksFile = await ArtifactWriter.open("tracks.jsonl", join(folder, "tracks.jsonl"));
  await using motFile = await ArtifactWriter.open("mot.txt", join(folder, "mot.txt"));

  await using tracks = await TrackSpool.open(join(folder, "paths"));
  const votes = new LabelVotes();
  const gaps: Gap[] = [];
  let detections = 0;
  let seen = 0;

  const tapped = async function* (): AsyncGenerator<PartRow> {
    const rows = readRows(pipeline, job.id, epoch);
    for await (const counted of longest === 0 ? rows : fillGaps(rows, longest, sampling.everyNth)) {
      const row = { ...counted, frame: numbers.of(counted.frame) };
      seen++;
      await tracks.add(row);
      vote(votes, row);
      for (const line of motLines(row)) await motFile.line(line);
      yield row;
    }
  };
  await framesFile.line(JSON.stringify(header("frames", work, frames)));
  for await (const row of toFrameRows(tapped(), plan, numbers.gaps)) {
    await framesFile.line(JSON.stringify(row));
    if ("gap" in row) gaps.push(row.gap);
    else detections += row.detections.length;
  }
  // The job was cancelled meanwhile, or belongs to another epoch now.
  if (seen !== lookedAt) return undefined;

  const views =
    plan.views === undefined
      ? undefined
      : await writeViews(pipeline, work, header("views", work, frames), folder, numbers, votes);
  const attributesOf = (trackId: number): TrackRow["attributes"] => {
    const labels = votes.of(trackId);
    return labels && labelRows(labels, plan.attributeLabels ?? []);
  };
  const objectsByLabel = new Map<string, number>();
  await tracksFile.line(JSON.stringify(header("tracks", work, frames)));
  for (const { row, path } of tracks.rows(plan.labels, attributesOf)) {
    await tracksFile.text(`${JSON.stringify(row).slice(0, -1)},"path":[`);
    for await (const piece of path) await tracksFile.text(piece);
    await tracksFile.line("]}");
    objectsByLabel.set(row.label, (objectsByLabel.get(row.label) ?? 0) + 1);
  }

  const { analytics } = job;
  const counted =
    analytics === undefined
      ? {}
      : await analyzeTracks(pipeline, work, {
          analytics,
          header: header("frames", work, frames),
          folder,
          numbers,
          clock: new FrameClock(timeline.pts, plan.media.timeBase),
          lastFrameOf: (trackId) => tracks.lastFrameOf(trackId),
        });
  return {
    artifacts: {
      "frames.jsonl": await framesFile.store(pipeline.objects, job.id),
      "tracks.jsonl": await tracksFile.store(pipeline.objects, job.id),
      "mot.txt": await motFile.store(pipeline.objects, job.id),
      ...(views && { "views.jsonl": views.artifact }),
      ...counted,
    },
    frames,
    framesLookedAt: lookedAt,
    detections,
    tracks: tracks.count,
    objects: Object.fromEntries([...objectsByLabel].sort(([a], [b]) => (a < b ? -1 : 1))),
    gaps,
    failedViews: views?.failed ?? 0,
  };
}

function header(kind: ResultHeader["kind"], { job, plan }: JobFacts, frames: number): ResultHeader {
  const { width, height, rotation, timeBase } = plan.media;
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    kind,
    media: { sha256: plan.sourceSha256, width, height, rotation, timeBase, frames },
    models: job.models,
    options: { minScore: plan.minScore, ...job.options },
  };
}

/** What the classifier says of the detections that tracks claim. */
function vote(votes: LabelVotes, row: PartRow): void {
  if ("gap" in row || row.attributes === undefined) return;
  for (const [trackId, , , , , , , detection] of row.tracks) {
    const labels = row.attributes[detection];
    if (labels) votes.add(trackId, labels);
  }
}

/** MOTChallenge text: frames count from 1 there. Where nothing was seen of a track, its score is 0. */
function motLines(row: PartRow): string[] {
  if ("gap" in row) return [];
  return row.tracks.map(
    ([trackId, x, y, width, height, , score, detection]) =>
      `${row.frame + 1},${trackId},${x},${y},${width},${height},${detection < 0 ? 0 : score},-1,-1,-1`,
  );
}
