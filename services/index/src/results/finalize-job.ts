import { createHash } from "node:crypto";
import {
  type FinalizeMessage,
  type Gap,
  type JobResult,
  type JobState,
  RESULT_SCHEMA_VERSION,
  type Summary,
  type Warning,
} from "@framequeue/contracts";
import { annotatedMp4, bytesOf, summaryJson } from "@framequeue/outputs";
import {
  checkSource,
  finishJob,
  type JobFacts,
  type JobRecord,
  objectKeys,
  type Pipeline,
  readIntermediateJson,
  renderReportSchema,
  runOf,
  warningForUsers,
} from "@framequeue/pipeline";
import { jobHeader } from "./job-header.ts";
import { type ResultsReport, resultsReportSchema } from "./results-report.ts";

/** The last step: the summary, the result object, the terminal state. */
export async function finalizeJob(pipeline: Pipeline, message: FinalizeMessage): Promise<void> {
  await finishJob(pipeline, message, (facts, record, reports) =>
    writeSummary(pipeline, facts, record, reports),
  );
}

async function writeSummary(
  { objects }: Pipeline,
  facts: JobFacts,
  record: JobRecord,
  reports: { readonly index: string; readonly render: string | undefined },
): Promise<{ result: JobResult; gaps: readonly Gap[] }> {
  const job = facts.job.id;
  const index = await readIntermediateJson(objects, reports.index, resultsReportSchema);
  const rendered =
    reports.render === undefined
      ? undefined
      : await readIntermediateJson(objects, reports.render, renderReportSchema);
  const changed = await checkSource(objects, facts.plan);
  const warnings: Warning[] = [
    ...warningsOf(record, index),
    ...(changed === undefined ? [] : [{ code: "source-changed", detail: changed }]),
    ...(rendered?.warning ? [rendered.warning] : []),
  ].map(warningForUsers);
  const state: JobState = warnings.length > 0 ? "succeeded_with_warnings" : "succeeded";
  const finishedAt = new Date().toISOString();

  const summary = summarize(facts, record, index, { state, finishedAt, warnings });
  const body = await bytesOf(summaryJson, summary, jobHeader(facts, index.frames));
  const sha256 = createHash("sha256").update(body).digest("hex");
  const key = objectKeys.artifact(job, summaryJson.name, sha256);
  await objects.put(key, body, { durable: true });

  const result: JobResult = {
    v: 1,
    job,
    run: runOf(record),
    state,
    finishedAt,
    warnings,
    artifacts: {
      ...index.artifacts,
      [summaryJson.name]: { key, bytes: body.length, sha256 },
      ...(rendered?.artifact ? { [annotatedMp4.name]: rendered.artifact } : {}),
    },
  };
  return { result, gaps: index.gaps };
}

/** So many gaps are told of one by one: a job's record is read with every list. */
const MOST_GAPS = 100;

function warningsOf(record: JobRecord, { gaps, failedViews }: ResultsReport): Warning[] {
  const warnings: Warning[] = gaps.slice(0, MOST_GAPS).map(({ from, to, reason }) => ({
    code: reason,
    detail: `Frames ${from} to ${to} have no result.`,
  }));
  const more = gaps.slice(MOST_GAPS);
  if (more.length > 0) {
    const detail = `${more.length} more ranges of frames have no result; summary.json has them all.`;
    warnings.push({ code: more[0]!.reason, detail });
  }
  const decode = record["decodeWarning"];
  if (decode !== undefined) warnings.push({ code: "decode-warning", detail: decode });
  if (failedViews > 0) {
    const detail = `${failedViews} views of tracks could not be looked at.`;
    warnings.push({ code: "inference-error", detail });
  }
  return warnings;
}

function summarize(
  { job, plan }: JobFacts,
  record: JobRecord,
  index: ResultsReport,
  end: { state: JobState; finishedAt: string; warnings: Warning[] },
): Summary {
  const startedAt = record["decodeAt"] ?? job.acceptedAt;
  const seconds = (Date.parse(end.finishedAt) - Date.parse(startedAt)) / 1000;
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    jobId: job.id,
    state: end.state,
    source: { name: job.source.name, sha256: plan.sourceSha256, media: plan.media },
    models: job.models,
    frames: index.frames,
    framesLookedAt: index.framesLookedAt ?? index.frames,
    detections: index.detections,
    tracks: index.tracks,
    objects: index.objects,
    gaps: index.gaps,
    warnings: end.warnings,
    timing: {
      acceptedAt: job.acceptedAt,
      startedAt,
      finishedAt: end.finishedAt,
      seconds,
      fps: seconds > 0 ? Math.round((index.frames / seconds) * 100) / 100 : 0,
    },
    execution: {
      mode: plan.mode,
      segments: plan.segments.length,
      batchFrames: plan.batchFrames,
      ...(plan.ffmpeg !== undefined && { ffmpeg: plan.ffmpeg }),
      ...(plan.numeric?.class !== undefined && { numericClass: plan.numeric.class }),
    },
  };
}
