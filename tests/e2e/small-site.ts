import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  type AcceptedJob,
  acceptJob,
  isTerminal,
  type JobId,
  type JobView,
  type ModelRef,
} from "@framequeue/contracts";
import { createMemoryFrameStore } from "@framequeue/frames";
import { testDetector } from "@framequeue/graphs";
import { type Engine, loadModelPackage } from "@framequeue/models";
import { openPipeline, type Pipeline, type StageRunner, storeModel } from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import { createDecodeService } from "@framequeue/service-decode";
import { createIndexService } from "@framequeue/service-index";
import { createInferService } from "@framequeue/service-infer";
import { createIngestService } from "@framequeue/service-ingest";
import { createRenderService } from "@framequeue/service-render";
import { createTrackService } from "@framequeue/service-track";
import { createFolderStore, type ObjectStore } from "@framequeue/storage";

const run = promisify(execFile);

export interface SmallSiteOptions {
  /** What an earlier site left is gone on with; default: a folder and a Redis of its own. */
  readonly at?: { readonly folder: string; readonly redisUrl: string };
  /** How long a task stays with a process that gives no sign of life. */
  readonly lockMs?: number;
  /** Segments that are decoded at once. */
  readonly decoders?: number;
  /** Of each decoder; default 1. */
  readonly decoderThreads?: number;
  readonly quantumMs?: number;
  /** Mean time between two passes of the reconciler. */
  readonly reconcileMs?: number;
  /** What a server may ask of those who fetch from it. */
  readonly fetch?: Partial<Parameters<typeof createIngestService>[1]["fetch"]>;
  /** Threads that infer. */
  readonly inferWorkers?: number;
  /** The object store of all services, made of the folder's. */
  readonly store?: (folder: ObjectStore) => ObjectStore;
  /** The programs that decode, render and cut run as ffmpeg. */
  readonly decodeWith?: string;
  readonly renderWith?: string;
  readonly cutWith?: string;
  /** The program that describes sources runs as ffprobe. */
  readonly probeWith?: string;
  /** How long any of these may be silent, in milliseconds. */
  readonly silenceMs?: number;
  /** What infer runs on, where its class and its loaded models are to be known at the site. */
  readonly engine?: Engine;
  readonly onTask?: NonNullable<Parameters<typeof createDecodeService>[1]["events"]>["onTask"];
}

/** Every stage in this process, on a Redis of its own, with a detector for pictures of 160×96. */
export interface SmallSite extends AsyncDisposable {
  readonly pipeline: Pipeline;
  readonly folder: string;
  readonly model: ModelRef;
  submit(video: string, options?: Partial<AcceptedJob>): Promise<JobId>;
  view(job: JobId): Promise<JobView>;
  /** Waits for a view that is so. */
  until(job: JobId, isSo: (view: JobView) => boolean): Promise<JobView>;
  ended(job: JobId): Promise<JobView>;
}

type ToolNames = { readonly [T in "ffmpeg" | "ffprobe"]?: string | undefined };

function toolsWith(
  { silenceMs }: SmallSiteOptions,
  { ffmpeg = "ffmpeg", ffprobe = "ffprobe" }: ToolNames,
) {
  return { tools: { ffmpeg, ffprobe, ...(silenceMs === undefined ? {} : { silenceMs }) } };
}

export async function openSmallSite(options: SmallSiteOptions = {}): Promise<SmallSite> {
  await using resources = new AsyncDisposableStack();
  const { folder, redisUrl } = options.at ?? (await openPlace(resources));
  const stored = createFolderStore(join(folder, "objects"));
  const objects = options.store?.(stored) ?? stored;
  const modelFile = join(folder, "blocks.onnx");
  await writeFile(modelFile, testDetector({ width: 160, height: 96, batch: 1 }));
  const model = await storeModel(objects, await loadModelPackage(modelFile));
  const pipeline = resources.use(
    openPipeline({
      redisUrl,
      site: "small",
      objects,
      frames: resources.use(createMemoryFrameStore()),
      frameBudgetBytes: 2 ** 28,
      ...(options.lockMs === undefined ? {} : { lockMs: options.lockMs }),
      onRedisError: () => {},
    }),
  );
  const events = options.onTask ? { events: { onTask: options.onTask } } : {};
  const services: StageRunner[] = [
    createIngestService(pipeline, {
      concurrency: 1,
      ...toolsWith(options, { ffprobe: options.probeWith }),
      fetch: { limitBytes: 2 ** 30, mayConnect: () => true, ...options.fetch },
      ...(options.reconcileMs === undefined ? {} : { reconcileMs: options.reconcileMs }),
      ...events,
    }),
    createDecodeService(pipeline, {
      concurrency: options.decoders ?? 2,
      decoderThreads: options.decoderThreads ?? 1,
      ...toolsWith(options, { ffmpeg: options.decodeWith }),
      ...(options.quantumMs === undefined ? {} : { quantumMs: options.quantumMs }),
      ...events,
    }),
    createInferService(pipeline, {
      ...{ concurrency: 3, workers: options.inferWorkers ?? 1, threadsPerWorker: 1 },
      ...(options.engine ? { engine: options.engine } : {}),
      ...events,
    }),
    createTrackService(pipeline, { concurrency: 2, ...events }),
    createIndexService(pipeline, {
      concurrency: 1,
      ...toolsWith(options, { ffmpeg: options.cutWith }),
      ...events,
    }),
    createRenderService(pipeline, {
      concurrency: 1,
      ...toolsWith(options, { ffmpeg: options.renderWith }),
      ...events,
    }),
  ];
  resources.defer(async () => {
    await Promise.all(services.map((service) => service.stop(0)));
  });
  await Promise.all(services.map((service) => service.start()));
  const owned = resources.move();

  const view = async (job: JobId): Promise<JobView> => (await pipeline.jobs.view(job))!;
  const until = async (job: JobId, isSo: (view: JobView) => boolean): Promise<JobView> => {
    for (;;) {
      const seen = await view(job);
      if (isSo(seen)) return seen;
      if (isTerminal(seen.state)) throw new Error(`It ended before: ${JSON.stringify(seen)}`);
      await sleep(5);
    }
  };
  return {
    pipeline,
    folder,
    model,
    async submit(video, more = {}) {
      const source = { kind: "file", path: video, name: "video.mp4" } as const;
      const job = acceptJob({ source, models: [model], render: false, ...more });
      await pipeline.jobs.submit(job);
      return job.id;
    },
    view,
    until,
    ended: (job) => until(job, ({ state }) => isTerminal(state)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openPlace(resources: AsyncDisposableStack) {
  const folder = await mkdtemp(join(tmpdir(), "fq-small-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const { url: redisUrl } = resources.use(await startRedisServer());
  return { folder, redisUrl };
}

/** Colour bars that move, 25 frames per second, a key frame every second. */
export async function writeSmallVideo(path: string, seconds: number): Promise<void> {
  await run("ffmpeg", [
    ...["-v", "error", "-y", "-f", "lavfi", "-i", `testsrc2=s=160x96:r=25:d=${seconds}`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", path],
  ]);
}
