import { mkdir } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ProblemError, STAGES } from "@framequeue/contracts";
import { claimFolder, FolderTaken, openTempFolder, sweepTempFolders } from "@framequeue/lifetime";
import { openSiteView } from "@framequeue/pipeline";
import {
  checkCommonConfig,
  checkFolder,
  type CommonConfig,
  ConfigError,
  type Environment,
  folderFault,
  readRedisUrl,
  redactUrl,
} from "@framequeue/service";
import {
  readScalingSettings,
  type ScaledService,
  startLocalScaler,
  startScaled,
} from "../system/local-scaler.ts";
import { createLivenessWatch } from "../system/liveness-watch.ts";
import { makeFolders } from "../system/make-folders.ts";
import { createMetricsTargets } from "../system/metrics-targets.ts";
import { memoryFolder } from "../system/memory-folder.ts";
import { keepOwnRedis } from "../system/own-redis.ts";
import { defaultModel, registerModels } from "../system/register-models.ts";
import { whyNoAnswer } from "../system/redis-answers.ts";
import { parseStartOptions, type ProcessRange, START_USAGE } from "../options/start-options.ts";
import {
  createSupervisor,
  ServiceDown,
  type ServiceSpec,
  type Supervisor,
} from "../system/supervisor.ts";
import type { Terminal } from "../text/terminal.ts";
import { readWatchSettings } from "../system/watch-settings.ts";

const SERVICES = resolve(import.meta.dirname, "../../../../services");
/** In the data folder: where each process answers for its metrics. */
const METRICS_TARGETS = "metrics-targets.json";
/** Longer than the services' own drain timeout, so that they can use it. */
const STOP_MS = 30_000;

/** `start`: a process per service on this machine, until Ctrl-C. Answers the exit code. */
export async function start(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseStartOptions(args);
  if (options === undefined) {
    terminal.stdout.write(START_USAGE);
    return 0;
  }
  const { dataDir, env, stderr } = terminal;
  const settings = readScalingSettings(env);
  const { silenceMs } = readWatchSettings(env);
  const common = checkCommonConfig({ ...env, FQ_DATA_DIR: dataDir });
  await using resources = new AsyncDisposableStack();
  await takeDataFolder(dataDir, resources);
  await checkFolders(dataDir, common, env);

  const model = await registerModels(options.model ?? defaultModel(env), terminal);
  const watch = resources.use(createLivenessWatch(silenceMs));
  const redisUrl =
    (await namedRedis(env)) ??
    resources.use(await keepOwnRedis({ folder: join(dataDir, "redis"), watch, stderr })).url;
  const framesDir = env["FQ_FRAMES_DIR"] ?? (await ownFramesFolder(dataDir, resources));

  const targets = resources.use(createMetricsTargets(join(dataDir, METRICS_TARGETS)));
  const supervisor = createSupervisor({
    stderr,
    stopMs: STOP_MS,
    watch,
    onReady: (health) => targets.update(health),
  });
  resources.defer(() => supervisor.stop());
  passOn("SIGUSR2", supervisor, resources);
  const shared = {
    REDIS_URL: redisUrl,
    // What stood there is in REDIS_URL now; a service takes only one of them.
    REDIS_URL_FILE: "",
    REDIS_PASSWORD: "",
    REDIS_PASSWORD_FILE: "",
    FQ_DATA_DIR: dataDir,
    FQ_FRAMES_DIR: framesDir,
    FQ_DEFAULT_MODEL: model,
    FQ_LOG_LEVEL: env["FQ_LOG_LEVEL"] ?? "warn",
  };
  const stopped = untilAborted(terminal.signal);
  const ranges = { infer: options.inferProcesses, decode: options.decodeProcesses };
  const scaled = scaledServices(ranges, shared);
  const ready = Promise.all([
    ...fixedSpecs(ranges, shared).map((spec) => supervisor.start(spec)),
    ...scaled.flatMap((service) => startScaled(supervisor, service)),
  ]);
  try {
    await Promise.race([ready, stopped]);
  } catch (error) {
    if (!(error instanceof ServiceDown)) throw error;
    return error.exitCode;
  }
  if (!terminal.signal.aborted) {
    const url = `http://localhost:${env["FQ_API_PORT"] ?? "8080"}`;
    if (scaled.length > 0) {
      const view = resources.use(openSiteView(redisUrl, env["FQ_SITE"] ?? "site"));
      resources.use(startLocalScaler({ supervisor, view, services: scaled, settings, stderr }));
    }
    terminal.stdout.write(`Framequeue is ready: ${url}\n`);
    terminal.stdout.write(`Try: curl -F file=@video.mp4 ${url}/v1/jobs\n`);
    await stopped;
  }
  stderr.write("Stopping.\n");
  return 0;
}

/** A signal to this process is meant for the services. */
function passOn(signal: "SIGUSR2", supervisor: Supervisor, resources: AsyncDisposableStack): void {
  const listener = (): void => supervisor.signal(signal);
  process.on(signal, listener);
  resources.defer(() => void process.off(signal, listener));
}

/** The services of which there is a fixed number of processes. */
function fixedSpecs(
  ranges: Readonly<Record<string, ProcessRange>>,
  env: Readonly<Record<string, string>>,
): ServiceSpec[] {
  return ["api", ...STAGES].flatMap((service) => {
    const { min, max } = ranges[service] ?? { min: 1, max: 1 };
    if (min < max) return [];
    return Array.from({ length: max }, (_, i) =>
      specOf(service, max === 1 ? service : `${service}-${i + 1}`, env),
    );
  });
}

function specOf(service: string, name: string, env: Readonly<Record<string, string>>): ServiceSpec {
  return { name, entry: join(SERVICES, service, "src/main.ts"), env };
}

/** Those of which there are as many as the work wants. */
function scaledServices(
  ranges: Readonly<Record<"infer" | "decode", ProcessRange>>,
  env: Readonly<Record<string, string>>,
): ScaledService[] {
  return (["decode", "infer"] as const)
    .filter((stage) => ranges[stage].min < ranges[stage].max)
    .map((stage) => ({
      stage,
      ...ranges[stage],
      spec: (name) => specOf(stage, name, { ...shareOfCores(stage, ranges[stage].max), ...env }),
    }));
}

/** Processes that come and go share the cores as if all were there: more threads than cores would be slower. */
function shareOfCores(stage: string, processes: number): Record<string, string> {
  if (stage !== "infer" || process.env["FQ_INFER_WORKERS"] !== undefined) return {};
  return { FQ_INFER_WORKERS: String(Math.max(1, Math.floor(availableParallelism() / processes))) };
}

/** Held in the data folder while a system runs on it. */
const CLAIM = ".start";

/** One system per data folder. The claim of a process that is gone counts for nothing. */
async function takeDataFolder(dataDir: string, resources: AsyncDisposableStack): Promise<void> {
  try {
    await makeFolders(dataDir);
    resources.use(await claimFolder(dataDir, CLAIM));
  } catch (error) {
    if (!(error instanceof FolderTaken)) {
      throw folderFault(error, dataDir, "FQ_DATA_DIR");
    }
    throw new ProblemError(
      "invalid-request",
      `Framequeue already runs on ${dataDir} (process ${error.holder.pid}). Stop it, or set FQ_DATA_DIR to another folder.`,
      { at: "FQ_DATA_DIR" },
    );
  }
}

/** What would not be noticed but by jobs, or by each service for itself. */
async function checkFolders(
  dataDir: string,
  common: CommonConfig,
  env: Environment,
): Promise<void> {
  const inData = (setting: string): string =>
    env[setting] === undefined ? "FQ_DATA_DIR" : setting;
  await checkFolder(tmpdir(), "TMPDIR", { mustExist: true });
  await checkFolder(join(dataDir, "models"), "FQ_DATA_DIR");
  if (common.objectStore === "folder") {
    await checkFolder(common.objectsDir, inData("FQ_OBJECTS_DIR"));
  }
  if (common.frameStore === "file" && env["FQ_FRAMES_DIR"] !== undefined) {
    await checkFolder(common.framesDir, "FQ_FRAMES_DIR");
  }
}

/** The server that the environment names, once it answers. */
async function namedRedis(env: Environment): Promise<string | undefined> {
  const url = readRedisUrl(env);
  const why = url === undefined ? undefined : await whyNoAnswer(url);
  if (why === undefined) return url;
  throw new ConfigError([
    `REDIS_URL: the server ${redactUrl(url!)} does not answer: ${why}. Start it, or unset REDIS_URL for one of this command's own.`,
  ]);
}

/** Pixels go to memory where the system has a file system in it, and never outlive the run. */
async function ownFramesFolder(dataDir: string, resources: AsyncDisposableStack): Promise<string> {
  const base = (await memoryFolder()) ?? dataDir;
  // Memory that a killed system of any data folder holds is this machine's.
  await sweepTempFolders(base);
  const { path } = resources.use(await openTempFolder("frames", base));
  const folder = join(path, "frames");
  await mkdir(folder);
  return folder;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
