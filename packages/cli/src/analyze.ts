import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  checkModels,
  type AnalyticsOptions,
  analyticsOptionsSchema,
  invalid,
  type JobView,
  newJobId,
  type Problem,
  ProblemError,
  type Summary,
  toProblemError,
} from "@framequeue/contracts";
import { type ModelPackage, objectManifest } from "@framequeue/models";
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
  const model = await findModel(options.model, terminal, options.manifest);
  // said here, before anything starts
  objectManifest(model.manifest);
  const embedder =
    options.embedder === undefined ? undefined : await findModel(options.embedder, terminal);
  if (embedder !== undefined && embedder.ref.role !== "embedder") {
    throw new ProblemError(
      "model-invalid",
      `The model ${embedder.ref.name} is a ${embedder.ref.role} and does not tell looks.`,
      { at: "--embedder" },
    );
  }
  checkModels(options.options, [model.ref, ...(embedder ? [embedder.ref] : [])]);
  const folders = outFolders(out, options.videos);

  await using system = await openPrivateSystem({
    frameStore: options.frameStore,
    frameRedisUrls: frameServers(terminal.env),
    ...(options.inferWorkers === undefined ? {} : { inferWorkers: options.inferWorkers }),
  });
  await storeModel(system.pipeline.objects, model);
  if (embedder !== undefined) await storeModel(system.pipeline.objects, embedder);
  await system.warm(model.ref);
  let failures = 0;
  for (const [i, video] of options.videos.entries()) {
    const folder = folders[i]!;
    const report = await analyzeVideo(system, terminal, options, {
      model,
      embedder,
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
  readonly problem?: Problem;
  readonly summary?: Summary;
}

interface VideoJob {
  readonly model: ModelPackage;
  readonly embedder: ModelPackage | undefined;
  readonly analytics: AnalyticsOptions | undefined;
  readonly video: string;
  readonly folder: string;
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
  { model, embedder, analytics, video, folder }: VideoJob,
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
    model,
    embedder,
    options: options.options,
    execution: options.execution,
    render: options.render,
    analytics,
    folder,
  });
  if (summary === undefined) return { ...base, state, ...outcome };
  return {
    ...base,
    state,
    frames: summary.frames,
    tracks: summary.tracks,
    detections: summary.detections,
    seconds: summary.timing.seconds,
    fps: summary.timing.fps,
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
