import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  checkLabels,
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
} from "@framequeue/contracts";
import type { ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { hashFile } from "@framequeue/storage";
import {
  ANALYZE_USAGE,
  type AnalyzeOptions,
  parseAnalyzeOptions,
} from "../options/analyze-options.ts";
import type { ComposedSystem } from "../system/compose.ts";
import { findModel } from "../system/find-model.ts";
import { runLocalJob } from "../system/local-job.ts";
import { openOutFolder, type OutFolder } from "../files/out-folder.ts";
import { outNames } from "../files/out-names.ts";
import { frameServers } from "../system/private-frames.ts";
import { openPrivateSystem } from "../system/private-system.ts";
import { describeSummary } from "../text/summary-text.ts";
import type { Terminal } from "../text/terminal.ts";

/** How long running work may go on after Ctrl-C. */
const STOP_MS = 2_000;

/** `analyze`: the main job on files of this machine. Answers the exit code. */
export async function analyze(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseAnalyzeOptions(args);
  if (options === undefined) {
    terminal.stdout.write(ANALYZE_USAGE);
    return 0;
  }
  const analytics = await readAnalytics(options.analytics, terminal);
  const frameRedisUrls = frameServers(terminal.env);
  const models = await findModels(options, terminal);
  const { manifest } = models[0]!;
  checkLabels(
    { options: options.options, analytics },
    manifest.name,
    "labels" in manifest ? manifest.labels : [],
  );
  await using folders = new AsyncDisposableStack();
  const works = await takeIn(options, folders, terminal);
  if (works.every(({ problem }) => problem !== undefined)) {
    for (const { video, problem } of works)
      print(terminal, options, video, refused(video, problem!));
    return 1;
  }

  await using system = await openPrivateSystem({
    frameStore: options.frameStore,
    frameRedisUrls,
    ...(options.inferWorkers === undefined ? {} : { inferWorkers: options.inferWorkers }),
  });
  for (const model of models) await storeModel(system.pipeline.objects, model);
  await system.warm(models[0]!.ref);
  let failures = 0;
  for (const { video, folder, problem } of works) {
    const report =
      folder === undefined
        ? refused(video, problem!)
        : await analyzeVideo(system, terminal, options, {
            models: models.map(({ ref }) => ref),
            analytics,
            video,
            folder,
          });
    // Its folder is another command's from here on.
    await folder?.[Symbol.asyncDispose]();
    if (report.state === "failed") failures++;
    print(terminal, options, video, report);
  }
  await system.stop(STOP_MS);
  return failures > 0 ? 1 : 0;
}

/** A video of the command: the folder for its results, or why it is not begun. */
interface Work {
  readonly video: string;
  readonly folder?: OutFolder;
  readonly problem?: Problem;
}

/** Holds everything that can be refused against every video before the first is begun; the others go on without those. */
async function takeIn(
  { videos, out, replace }: AnalyzeOptions,
  folders: AsyncDisposableStack,
  { cwd, signal }: Terminal,
): Promise<Work[]> {
  const names = outNames(videos);
  const works: Work[] = [];
  for (const [i, video] of videos.entries()) {
    const path = resolve(cwd, video);
    try {
      await checkFile(path, video);
      const folder = await openOutFolder({
        path: resolve(cwd, out, names[i]!),
        of: { tool: "analyze", sha256: async () => (await hashFile(path, signal)).sha256 },
        replace,
      });
      folders.use(folder);
      works.push({ video, folder });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProblemError)) throw error;
      works.push({ video, problem: error.toProblem() });
    }
  }
  return works;
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
  readonly folder: OutFolder;
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
  try {
    checkModels(
      options,
      models.map(({ ref }) => ref),
    );
  } catch (error) {
    // Told in the words of a job; here the models have options of their own.
    if (!(error instanceof ProblemError)) throw error;
    const wanted = error.at === "options.classifyLabels" ? "--classifier" : "--embedder";
    throw new ProblemError(error.code, `${error.message} Name one with ${wanted} NAME.`, {
      at: wanted,
    });
  }
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
  try {
    const { summary, artifacts, ...outcome } = await runLocalJob(system, terminal, {
      id,
      path: resolve(terminal.cwd, video),
      models,
      options: options.options,
      execution: options.execution,
      render: options.render,
      analytics,
      work: folder.work,
    });
    const base = { jobId: id, source: video, state: outcome.state };
    if (summary === undefined) return { ...base, ...outcome };
    const { streamIndex, videoStreams } = summary.source.media;
    return {
      ...base,
      frames: summary.frames,
      tracks: summary.tracks,
      detections: summary.detections,
      seconds: summary.timing.seconds,
      fps: summary.timing.fps,
      ...(videoStreams && { stream: streamIndex, videoStreams }),
      artifacts: await folder.publish(artifacts ?? []),
      ...outcome,
      summary,
    };
  } catch (error) {
    // What is wrong with one video's results is no reason to leave the others.
    if (terminal.signal.aborted || !(error instanceof ProblemError)) throw error;
    return { ...refused(video, error.toProblem()), jobId: id };
  }
}

function refused(video: string, problem: Problem): AnalyzeReport {
  return { jobId: newJobId(), source: video, state: "failed", problem };
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
