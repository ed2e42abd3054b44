import {
  checkLabels,
  type AcceptedJob,
  checkModels,
  DEFAULT_PRIORITY,
  type FetchMessage,
  countSampled,
  frameBytes,
  type IngestMessage,
  LATE_STEPS,
  type LateStep,
  MESSAGE_VERSION,
  type ModelRef,
  ProblemError,
  resolveOptions,
  type Size,
  type StoredSource,
} from "@framequeue/contracts";
import {
  ffmpegVersion,
  type MediaTools,
  planSegments,
  probe,
  type ProbeLimits,
  scanPackets,
} from "@framequeue/media";
import { frameSizeOf, type ModelManifest, parseManifest } from "@framequeue/models";
import {
  checkUpload,
  forgetAddress,
  jobShare,
  type KeptPlan,
  Later,
  objectKeys,
  openSource,
  type Pipeline,
  planJob,
  readManifest,
  readTuning,
  sourceState,
  sourceVersion,
  type TaskContext,
} from "@framequeue/pipeline";
import { hashFile } from "@framequeue/storage";
import { fitWithin } from "@framequeue/vision";

/**
 * When a job looks again whether its source has come. Whoever fetches it tells at once; this is for when they were lost
 * with what they had.
 */
const LOOK_AGAIN_MS = 30_000;

/** How often a single frame is tried alone, and a segment without progress, before it becomes a gap. */
const ATTEMPTS = 3;

export interface IngestDeps extends Pipeline {
  readonly tools: MediaTools;
  readonly limits: ProbeLimits;
}

/** Turns an accepted job into a plan: where the bytes are, what they hold, how the work is cut. */
export async function ingestJob(
  deps: IngestDeps,
  message: IngestMessage,
  { signal }: TaskContext,
): Promise<void> {
  await planJob(deps, message, {
    draw: (job) => makePlan(deps, job, signal),
    async describe(job, plan) {
      return {
        mode: plan.mode,
        segments: plan.segments.length,
        ...(await shareOf(deps, job)),
        attempts: ATTEMPTS,
        enhance: plan.payload.variants.includes("b"),
        steps: lateSteps(job),
        total: countSampled(plan.sampling, plan.expectedFrames),
        priority: job.priority ?? DEFAULT_PRIORITY,
      };
    },
  });
}

/** What is to be done with what is tracked of the job. */
function lateSteps({ render, options }: AcceptedJob): LateStep[] {
  const wanted: Record<LateStep, boolean> = {
    cut: options.views !== undefined,
    look: options.views !== undefined,
    index: true,
    render,
    finalize: true,
  };
  return LATE_STEPS.filter((step) => wanted[step]);
}

/** What the job may hold at once: as its user says, else by the workers that there are now, and more when more come. */
async function shareOf({ queues }: IngestDeps, { execution }: AcceptedJob) {
  const { window, openSegments } = execution;
  if (window !== undefined && openSegments !== undefined) return { window, openSegments };
  const share = await jobShare(queues);
  return {
    window: window ?? share.window,
    openSegments: openSegments ?? share.openSegments,
    auto: window === undefined && openSegments === undefined,
  };
}

async function makePlan(
  deps: IngestDeps,
  job: AcceptedJob,
  signal: AbortSignal,
): Promise<KeptPlan> {
  const { tools, limits } = deps;
  checkModels(job.options, job.models);
  const manifests = await Promise.all(
    job.models.map(async (model) =>
      parseManifest(await readManifest(deps.objects, model), model.name),
    ),
  );
  const manifest = manifests[0]!;
  const { labels, attributeLabels, areaLabels } = labelNames(job, manifests);
  checkLabels(job, manifest.name, labels);
  const source = await localize(deps, job);
  const state = await sourceState(source);
  const version = await sourceVersion(deps.objects, source);
  await using file = await openSource(deps.objects, source, state);
  const media = await probe(file, { tools, signal, limits, stream: job.options.stream });
  const [scan, { sha256: sourceSha256 }] = await Promise.all([
    scanPackets(file, media.streamIndex, {
      tools,
      signal,
      info: media,
      maxPackets: limits.maxFrames,
    }),
    hashFile(file.path, signal, file.bytes),
  ]);
  checkUpload(source, sourceSha256);
  const { mode, segments, expectedFrames } = planSegments(media, scan, job.execution);
  const { models, variants } = resolveOptions(job);
  // Not those that look at the best views of the tracks alone.
  const needsPixels = models.slice(1).some(({ looksAt }) => looksAt.some((at) => at !== "views"));
  const frame = needsPixels ? fitWithin(media, MOST_SIDE) : frameSizeOf(media, manifest.input);
  return {
    v: 1,
    source,
    sourceSha256,
    ...(state && { sourceState: state }),
    ...(version !== undefined && { sourceVersion: version }),
    media,
    mode,
    frame: { ...frame, layout: "gbrp" },
    segments: [...segments],
    batchFrames: fittingBatch(deps, job, frame, variants.length),
    minScore: job.options.minScore ?? leastScoreOf(manifest),
    labels,
    ...(attributeLabels && { attributeLabels }),
    ...(areaLabels && { areaLabels }),
    expectedFrames,
    ...(scan.errors.length === 0 ? {} : { oneThread: true }),
    ...(scan.lastDuration === undefined ? {} : { lastTicks: Math.round(scan.lastDuration) }),
    ffmpeg: await ffmpegVersion(tools.ffmpeg),
    numeric: await pinNumeric(deps, job),
  };
}

/** Longest side of the frames of a job that looks at parts of them: as large as the source, up to that, because pixels wait in memory. */
const MOST_SIDE = 1280;

/**
 * What the job's last bits depend on, fixed before its first frame: the class of processes that infer for it, and the
 * shape of its models' tensors as it was tuned there.
 */
async function pinNumeric({ objects, roster }: IngestDeps, { models }: AcceptedJob) {
  const numericClass = await roster.classForNewJob();
  const tensorBatch: Record<string, number> = {};
  for (const { sha256 } of models) {
    const tuning =
      numericClass === undefined ? undefined : await readTuning(objects, sha256, numericClass);
    tensorBatch[sha256] = tuning?.chosen.batch ?? 1;
  }
  return { ...(numericClass === undefined ? {} : { class: numericClass }), tensorBatch };
}

/**
 * A source on the web is an object in the store by the time it is looked at.
 *
 * @throws Later until it is fetched, which others do: see `fetchJob`
 */
async function localize(
  { objects, queues }: IngestDeps,
  { id, source }: AcceptedJob,
): Promise<StoredSource> {
  if (source.kind !== "url") return source;
  const key = objectKeys.source(id, source.name);
  if ((await objects.stat(key)) === undefined) {
    const fetch: FetchMessage = { v: MESSAGE_VERSION, stage: "fetch", job: id };
    throw new Later(`the source of ${id} is fetched first`, LOOK_AGAIN_MS, async () => {
      for (const message of await queues.missing([fetch])) await queues.addLost(message);
    });
  }
  await forgetAddress(objects, id);
  return { kind: "object", key, name: source.name };
}

function leastScoreOf(manifest: ModelManifest): number {
  return "thresholds" in manifest ? manifest.thresholds.score : 0;
}

/** The names of the classes that the job's models know. */
function labelNames(
  { models }: AcceptedJob,
  manifests: readonly ModelManifest[],
): Pick<KeptPlan, "labels" | "attributeLabels" | "areaLabels"> {
  const [own, ...others] = manifests.map((manifest) =>
    "labels" in manifest ? manifest.labels : [],
  );
  const of = (role: ModelRef["role"]): string[] | undefined =>
    others[models.slice(1).findIndex((model) => model.role === role)];
  const [attributeLabels, areaLabels] = [of("classifier"), of("segmenter")];
  return {
    labels: own!,
    ...(attributeLabels && { attributeLabels }),
    ...(areaLabels && { areaLabels }),
  };
}

/** Frames per batch, halved until one reservation fits the site's budget. */
function fittingBatch(deps: IngestDeps, job: AcceptedJob, frame: Size, variants: number): number {
  const bytes = frameBytes("gbrp", frame.width, frame.height) * variants;
  let frames = job.execution.batchFrames;
  while (frames > 1 && frames * bytes > deps.frameBudgetBytes) frames = Math.floor(frames / 2);
  if (frames * bytes > deps.frameBudgetBytes) {
    throw new ProblemError(
      "source-too-large",
      `A single frame of ${frame.width}×${frame.height} does not fit the site's frame budget of ${deps.frameBudgetBytes} bytes.`,
      { at: "source" },
    );
  }
  return frames;
}
