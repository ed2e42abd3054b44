import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  checkModels,
  type AnalyticsOptions,
  analyticsOptionsSchema,
  invalid,
  type JobView,
  type MediaInfo,
  type ModelRef,
  newJobId,
  type Problem,
  ProblemError,
  type Summary,
  toProblemError,
} from "@framequeue/contracts";
import type { ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { ANALYZE_USAGE, type AnalyzeOptions, parseAnalyzeOptions } from "./analyze-options.ts";
import type { ComposedSystem } from "./compose.ts";
import { findModel } from "./find-model.ts";
import { runLocalJob } from "./local-job.ts";
import { checkOutFolder, outFolders } from "./out-folder.ts";
import { frameServers } from "./private-frames.ts";
import { openPrivateSystem } from "./private-system.ts";
import { describeSummary } from "./summary-text.ts";
import type { Terminal } from "./terminal.ts";

/** How long running work may go on after Ctrl-C. */
const STOP_MS = 2_000;

/** `analyze`: the main job on files of this machine. Answers the exit code. */
export async function analyze(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseAnalyzeOptions(args);
  if (options === undefined) {
    terminal.stdout.write(ANALYZE_USAGE);
    return 0;
  }
  const out = resolve(terminal.cwd, options.out);
  await checkOutFolder(out);
  const analytics = await readAnalytics(options.analytics, terminal);
  const models = await findModels(options, terminal);
  const folders = outFolders(out, options.videos);

  await using system = await openPrivateSystem({
    frameStore: options.frameStore,
    frameRedisUrls: frameServers(terminal.env),
    ...(options.inferWorkers === undefined ? {} : { inferWorkers: options.inferWorkers }),
  });
  for (const model of models) await storeModel(system.pipeline.objects, model);
  await system.warm(models[0]!.ref);
  let failures = 0;
  for (const [i, video] of options.videos.entries()) {
    const folder = folders[i]!;
    const report = await analyzeVideo(system, terminal, options, {
      models: models.map(({ ref }) => ref),
      analytics,
      video,
      folder,
    });
    if (report.state === "failed") failures++;
    print(terminal, options, video, report);
  }
  await system.stop(STOP_MS);
  return failures > 0 ? 1 : 0;
}

/** What `--json` prints for a video. */
interface AnalyzeReport {
  readonly jobId: string;
  readonly state: JobView["state"];
  readonly source: string;
  readonly frames?: number;
  readonly tracks?: number;
  readonly detections?: number;
  readonly seconds?: number;
  readonly fps?: number;
  readonly artifacts?: Readonly<Record<string, string>>;
  readonly warnings?: JobView["warnings"];
  /** The video stream that was looked at, where there are several. */
  readonly stream?: number;
  readonly videoStreams?: MediaInfo["videoStreams"];
  readonly problem?: Problem;
  readonly summary?: Summary;
}

interface VideoJob {
  readonly models: readonly ModelRef[];
  readonly analytics: AnalyticsOptions | undefined;
  readonly video: string;
  readonly folder: string;
}

/** The job's own model, and those that look at what it finds. What does not go together is said before anything starts. */
async function findModels(
  { model, manifest, classifier, segmenter, embedder, options }: AnalyzeOptions,
  terminal: Terminal,
): Promise<ModelPackage[]> {
  const own = await findModel(model, terminal, manifest);
  if (own.ref.role === "embedder" || own.ref.role === "enhancer") {
    throw new ProblemError(
      "model-invalid",
      `The model ${own.ref.name} is of the kind ${own.ref.role}; a detector, classifier or segmenter is needed.`,
      { at: "--model" },
    );
  }
  const models = [own];
  for (const [role, name] of Object.entries({ classifier, segmenter, embedder })) {
    if (name === undefined) continue;
    const found = await findModel(name, terminal);
    if (found.ref.role !== role) {
      throw new ProblemError(
        "model-invalid",
        `The model ${found.ref.name} is of the kind ${found.ref.role}, not of the kind ${role}.`,
        { at: `--${role}` },
      );
    }
    models.push(found);
  }
  checkModels(
    options,
    models.map(({ ref }) => ref),
  );
  return models;
}

async function readAnalytics(
  file: string | undefined,
  { cwd }: Terminal,
): Promise<AnalyticsOptions | undefined> {
  if (file === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(resolve(cwd, file), "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const detail = `${file} cannot be read as JSON: ${reason}.`;
    throw new ProblemError("invalid-request", detail, { at: "--analytics", cause });
  }
  const result = analyticsOptionsSchema.safeParse(value);
  if (!result.success) throw invalid("invalid-request", file, result.error);
  return result.data;
}

async function analyzeVideo(
  system: ComposedSystem,
  terminal: Terminal,
  options: AnalyzeOptions,
  { models, analytics, video, folder }: VideoJob,
): Promise<AnalyzeReport> {
  const id = newJobId();
  const base = { jobId: id, source: video };
  const path = resolve(terminal.cwd, video);
  try {
    await checkFile(path, video);
  } catch (error) {
    return { ...base, state: "failed", problem: toProblemError(error).toProblem() };
  }
  const { state, summary, ...outcome } = await runLocalJob(system, terminal, {
    id,
    path,
    models,
    options: options.options,
    execution: options.execution,
    render: options.render,
    analytics,
    folder,
  });
  if (summary === undefined) return { ...base, state, ...outcome };
  const { streamIndex, videoStreams } = summary.source.media;
  return {
    ...base,
    state,
    frames: summary.frames,
    tracks: summary.tracks,
    detections: summary.detections,
    seconds: summary.timing.seconds,
    fps: summary.timing.fps,
    ...(videoStreams && { stream: streamIndex, videoStreams }),
    ...outcome,
    summary,
  };
}

async function checkFile(path: string, name: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ProblemError("source-not-found", `${name} does not exist or cannot be read.`, {
      at: name,
      cause,
    });
  });
  if (!found.isFile()) {
    throw new ProblemError("source-not-video", `${name} is not a file.`, { at: name });
  }
}

function print(
  { stdout, stderr }: Terminal,
  { json }: AnalyzeOptions,
  video: string,
  { summary, ...report }: AnalyzeReport,
): void {
  if (json) stdout.write(`${JSON.stringify(report)}\n`);
  if (report.problem !== undefined) {
    stderr.write(`${video}: ${report.problem.title}. ${report.problem.detail}\n`);
  } else if (!json && summary !== undefined) {
    stdout.write(describeSummary(video, summary, report.artifacts ?? {}));
  }
}
