import { execFile, execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createSupervisor } from "@framequeue/cli";
import { type ModelRef, STAGES } from "@framequeue/contracts";
import { testDetector } from "@framequeue/graphs";
import { atExit } from "@framequeue/lifetime";
import { loadModelPackage } from "@framequeue/models";
import { openLocalPipeline, type Pipeline, storeModel } from "@framequeue/pipeline";
import { freePort } from "@framequeue/service/testing";
import { type ChaosRedis, openChaosRedis } from "./chaos-redis.ts";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
/** Of the other services there is one. */
const PROCESSES: Readonly<Record<string, number>> = { decode: 2, infer: 2, track: 2 };
/** Short, so that what a dead process held is soon another's. */
export const LOCK_MS = 3_000;
const RECONCILE_MS = 500;
const SITE = "chaos";
const STOP_MS = 10_000;

/** The product as processes, whose every part can be broken. */
export interface ChaosSystem extends AsyncDisposable {
  readonly pipeline: Pipeline;
  readonly redis: ChaosRedis;
  readonly model: ModelRef;
  /** One for each process of the API. */
  readonly apiUrls: readonly string[];
  readonly framesDir: string;
  readonly objectsDir: string;
  /** Whether that is a small file system of its own, which can be filled. */
  readonly ownFileSystem: boolean;
  /** Where the services put their temporary files. */
  readonly tempDir: string;
  /** Of its services. */
  readonly names: readonly string[];
  /** Process ids by service name, of those that run. */
  pids(): Readonly<Record<string, number>>;
  /** Names of those that are ready. */
  ready(): readonly string[];
  /** Ends all services as an operator does. */
  stop(): Promise<void>;
}

export interface ChaosSystemOptions {
  /** Processes of the API. */
  readonly apis?: number;
  /** The version of the product that the services are of; a link is followed whenever a process starts. Default: this. */
  readonly root?: string;
  /** Settings of every service beside those that a system of a test has. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How many processes a service has, where not as many as here. */
  readonly processes?: Readonly<Record<string, number>>;
}

/** Jobs may name the files of `sourceDir`. What an earlier system left in `folder` is gone on with. */
export async function startChaosSystem(
  folder: string,
  sourceDir: string,
  { apis = 1, root = ROOT, settings = {}, processes = PROCESSES }: ChaosSystemOptions = {},
): Promise<ChaosSystem> {
  await using resources = new AsyncDisposableStack();
  const [framesDir, objectsDir, tempDir] = ["frames", "objects", "temp"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  for (const each of [framesDir, objectsDir, tempDir]) await mkdir(each, { recursive: true });
  const ownFileSystem = await mountSmall(framesDir);
  if (ownFileSystem) {
    const exit = resources.use(atExit(() => void execFileSync("umount", ["-l", framesDir])));
    resources.defer(() => run("umount", ["-l", framesDir]).then(() => exit[Symbol.dispose]()));
  }
  const redis = resources.use(await openChaosRedis(join(folder, "redis")));
  const pipeline = resources.use(
    openLocalPipeline({
      redisUrl: redis.url,
      site: SITE,
      objectStore: "folder",
      objectsDir,
      framesDir,
      frameStore: "file",
      frameRedisUrls: [],
      frameTtlSeconds: 3600,
      frameBudgetBytes: 2 ** 30,
      onRedisError: () => {},
    }),
  );
  const modelFile = join(folder, "blocks.onnx");
  await writeFile(modelFile, testDetector({ width: 416, height: 416, batch: 1 }));
  const model = await storeModel(pipeline.objects, await loadModelPackage(modelFile));

  const log = createWriteStream(join(folder, "services.log"));
  resources.defer(() => void log.end());
  const supervisor = createSupervisor({ stderr: log, stopMs: STOP_MS });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= supervisor.stop());
  resources.defer(stop);
  const ports: number[] = [];
  while (ports.length < apis) ports.push(await freePort());
  const env = {
    FQ_SOURCE_ROOTS: sourceDir,
    REDIS_URL: redis.url,
    FQ_SITE: SITE,
    FQ_OBJECTS_DIR: objectsDir,
    FQ_FRAME_STORE: "file",
    FQ_FRAMES_DIR: framesDir,
    FQ_DATA_DIR: folder,
    FQ_LOCK_MS: String(LOCK_MS),
    FQ_RECONCILE_MS: String(RECONCILE_MS),
    FQ_INFER_WORKERS: "1",
    FQ_DECODER_THREADS: "1",
    FQ_LOG_LEVEL: "info",
    FQ_DRAIN_TIMEOUT_MS: "5000",
    TMPDIR: tempDir,
    ...settings,
  };
  const entry = (service: string): string => join(root, "services", service, "src/main.ts");
  const services = [
    ...ports.map((port, i) => ({
      name: `api-${i + 1}`,
      entry: entry("api"),
      env: { ...env, FQ_API_PORT: String(port) },
    })),
    ...STAGES.flatMap((service) =>
      Array.from({ length: processes[service] ?? 1 }, (_, i) => ({
        name: `${service}-${i + 1}`,
        entry: entry(service),
        env,
      })),
    ),
  ];
  await Promise.all(services.map((service) => supervisor.start(service)));
  const held = resources.move();
  return {
    ...{ pipeline, redis, model, framesDir, objectsDir, ownFileSystem, tempDir },
    apiUrls: ports.map((port) => `http://127.0.0.1:${port}`),
    names: services.map(({ name }) => name),
    pids: () => supervisor.pids(),
    ready: () => Object.keys(supervisor.health()),
    stop,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A memory file system for the frame store, where this process may mount one. */
async function mountSmall(folder: string): Promise<boolean> {
  return run("mount", ["-t", "tmpfs", "-o", "size=64m", "framequeue-chaos", folder]).then(
    () => true,
    () => false,
  );
}
