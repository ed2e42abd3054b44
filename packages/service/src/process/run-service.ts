import { tmpdir } from "node:os";
import { sweepTempFolders, watchForEnd } from "@framequeue/lifetime";
import type { Registry } from "../telemetry/metrics.ts";
import type { CommonConfig, LogLevel } from "../config/common-config.ts";
import { ConfigError, type Environment } from "../config/config.ts";
import { checkFolder } from "../config/check-folder.ts";
import { startHealthServer } from "./health.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createTracer, type JobTracer } from "../tracing/tracer.ts";

export interface RunningService {
  /** Whether it takes work now. */
  ready(): boolean;
  /** Takes nothing new, lets what runs finish, and is back by the deadline at the latest. */
  stop(deadlineMs: number): Promise<void>;
}

export interface ServiceDeps<C> {
  readonly config: C;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Absent where traces go nowhere. */
  readonly tracer: JobTracer | undefined;
  /** What the service opens goes here as it is opened; it is released in reverse after the service has stopped. */
  readonly resources: AsyncDisposableStack;
}

export interface ServiceFrame<C> {
  readonly name: string;
  /** Reads the service's configuration; throws `ConfigError`. */
  readonly config: (env: Environment) => C;
  readonly start: (deps: ServiceDeps<C>) => Promise<RunningService>;
}

/** sysexits.h: something in the configuration is wrong. */
const EXIT_CONFIG = 78;
/** Time for the release of resources after the drain timeout, before the process goes in any case. */
const RELEASE_MS = 5_000;

type FrameConfig = Pick<
  CommonConfig,
  "logLevel" | "metricsHost" | "metricsPort" | "drainTimeoutMs" | "tracing"
> &
  Partial<Pick<CommonConfig, "objectStore" | "objectsDir" | "frameStore" | "framesDir">>;

/** What a disk says that may be well again while a service waits. */
const PASSING = ["EROFS", "EIO", "ENOSPC", "EDQUOT", "ENFILE"];

/**
 * The frame of every `main.ts`: configuration, logger, metrics, health server, signals. It runs until it is
 * asked to end, by a signal or because the parent that holds the IPC channel is gone; then it stops the service, releases its resources
 * in reverse and exits with 0. A second signal exits at once. It never returns to the caller.
 *
 * Exit codes: 0 stopped when told to; 1 a fault, logged; 78 it cannot start as it is configured, printed one fault per
 * line: settings, folders, ports.
 */
export async function runService<C extends FrameConfig>(frame: ServiceFrame<C>): Promise<never> {
  const config = readOrExit(frame);
  const { name } = frame;
  const logger = createLogger({ name, level: config.logLevel });
  const die = (error: unknown): never => {
    logger.fatal({ err: error }, "the service cannot go on");
    process.exit(1);
  };
  process.on("unhandledRejection", die);
  process.on("uncaughtException", die);
  const told = stopRequests(logger);
  switchLevel(logger, config.logLevel);

  const resources = new AsyncDisposableStack();
  let service: RunningService | undefined;
  let stopping = false;
  try {
    await checkFolders(config);
    await sweepTempFolders();
    const metrics = createMetrics();
    const tracer = await createTracer(config.tracing, name, logger);
    // The last to go but for the health server: what stops is told of, too.
    if (tracer !== undefined) resources.use(tracer);
    const health = resources.use(
      await startHealthServer({
        host: config.metricsHost,
        port: config.metricsPort,
        ready: () => !stopping && (service?.ready() ?? false),
        registry: metrics,
      }),
    );
    // For a supervisor: from here on it can be asked whether it lives. A parent that is gone is no fault: "disconnect" tells.
    process.send?.({ type: "live", health: health.url }, () => {});
    // A start that waits for something, such as Redis, can be told to stop too.
    service = await Promise.race([
      frame.start({ config, logger, metrics, tracer, resources }),
      told.then(() => undefined),
    ]);
    if (service !== undefined) {
      logger.info({ health: health.url }, "started");
      process.send?.({ type: "ready", health: health.url }, () => {});
      await told;
    }
    stopping = true;
    logger.info({ reason: await told, drainTimeoutMs: config.drainTimeoutMs }, "stopping");
    setTimeout(
      () => die(new Error("The service did not stop in time.")),
      config.drainTimeoutMs + RELEASE_MS,
    ).unref();
    await service?.stop(config.drainTimeoutMs);
    await resources.disposeAsync();
  } catch (error) {
    if (error instanceof ConfigError) sayFaults(name, error);
    else logger.fatal({ err: error }, error instanceof Error ? error.message : "failed");
    await Promise.race([resources.disposeAsync().catch(() => {}), delay(RELEASE_MS)]);
    process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
  }
  logger.info("stopped");
  process.exit(0);
}

function readOrExit<C>(frame: ServiceFrame<C>): C {
  try {
    return frame.config(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    sayFaults(frame.name, error);
    process.exit(EXIT_CONFIG);
  }
}

function sayFaults(name: string, { faults }: ConfigError): void {
  process.stderr.write(`${name}: the configuration is not valid\n`);
  for (const fault of faults) process.stderr.write(`  ${fault}\n`);
}

/** What no waiting mends; a folder that is only full or read-only is waited for. */
async function checkFolders(config: FrameConfig): Promise<void> {
  await checkFolder(tmpdir(), "TMPDIR", { mustExist: true, passing: PASSING });
  if (config.objectStore === "folder" && config.objectsDir !== undefined) {
    await checkFolder(config.objectsDir, "FQ_OBJECTS_DIR or FQ_DATA_DIR", { passing: PASSING });
  }
  if (config.frameStore === "file" && config.framesDir !== undefined) {
    // Not every service has to do with pixels, so that some may not write there.
    const passing = [...PASSING, "EACCES", "EPERM"];
    await checkFolder(config.framesDir, "FQ_FRAMES_DIR or FQ_DATA_DIR", { passing });
  }
}

/** Resolves with the first reason to stop; a second signal ends the process. */
function stopRequests(logger: Logger): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let signals = 0;
  watchForEnd(({ reason, exitCode }) => {
    if (reason !== "parent gone" && ++signals > 1) {
      logger.warn({ signal: reason }, "stopped at once by a second signal");
      process.exit(exitCode);
    }
    resolve(reason);
  });
  return promise;
}

/** SIGUSR2 makes the log tell everything, and the next one makes it as it was. */
function switchLevel(logger: Logger, configured: LogLevel): void {
  process.on("SIGUSR2", () => {
    logger.level = logger.level === "debug" ? configured : "debug";
    // Written at any level but `silent`: whoever sent the signal wants to see that it came.
    logger[configured === "silent" ? "debug" : configured](
      { logLevel: logger.level },
      "the log level was switched",
    );
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
