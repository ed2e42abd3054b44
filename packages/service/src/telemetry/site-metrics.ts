import { statfs } from "node:fs/promises";
import type { Logger } from "../process/logger.ts";
import type { Registry } from "./metrics.ts";
import { readCounter, readGauge, type Sample } from "./read-metrics.ts";

/** What a look at the whole site finds; matches `SiteState` and its neighbours in the pipeline. */
export interface SiteLook {
  readonly state: {
    readonly queues: Readonly<
      Record<
        string,
        { readonly waiting: number; readonly active: number; readonly delayed: number }
      >
    >;
    readonly jobs: readonly { readonly phase: string; readonly acceptedAt: number | undefined }[];
    readonly framesLeft: Readonly<Record<string, number>>;
    readonly credits: { readonly held: number; readonly window: number };
    readonly grantedBytes: number;
  };
  readonly stalled: readonly {
    readonly job: string;
    readonly phase: string;
    readonly seconds: number;
  }[];
  readonly redis: {
    readonly usedBytes: number;
    readonly limitBytes: number;
    readonly clients: number;
    readonly commands: number;
    readonly evictedKeys: number;
    readonly cpuSeconds: number;
    readonly keys: number;
    readonly persists: boolean;
  };
  /** The servers that hold pixels; none with another frame store. */
  readonly frameServers: readonly {
    readonly server: string;
    readonly usedBytes: number;
    readonly limitBytes: number;
  }[];
  /** Versions of models that no job may use. */
  readonly quarantined: number;
}

export interface SiteMetricsOptions {
  readonly look: () => Promise<SiteLook>;
  readonly phases: readonly string[];
  readonly frameBudgetBytes: number;
  /** Folders whose file systems can fill up, by what they hold. */
  readonly folders: Readonly<Record<string, string>>;
  /** When a job that does not get on is named in the log. */
  readonly stalledSeconds?: number;
}

/** Looks take no more of the time than this part, however many jobs there are. */
const LARGEST_SHARE = 0.05;
const LEAST_PAUSE_MS = 500;
/** A Redis that is away answers nothing: the metrics are absent then, and the scrape goes on. */
const DEADLINE_MS = 3_000;
const STALLED_SECONDS = 300;

/**
 * What belongs to no process but to the site. One service tells it; where several do, they tell the same, so take the
 * maximum over them, never the sum.
 */
export function observeSite(registry: Registry, logger: Logger, options: SiteMetricsOptions): void {
  const current = keepLook(logger, options);
  const gauge = <L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[],
    samples: (look: SiteLook) => readonly Sample<L>[],
  ): void => readGauge(registry, { name, help, labels }, async () => samples(await current()));
  const counter = (name: string, help: string, value: (look: SiteLook) => number): void =>
    readCounter(registry, { name, help, labels: [] }, async () => [
      { value: value(await current()) },
    ]);
  const one = (value: number): readonly Sample<never>[] => [{ value }];

  readGauge(
    registry,
    {
      name: "fq_site_readable",
      help: "1 where Redis answered the last look at the site, else 0; what is told of the site is absent then.",
      labels: [],
    },
    () =>
      current().then(
        () => one(1),
        () => one(0),
      ),
  );
  gauge(
    "fq_queue_tasks",
    "Tasks by queue and by where they are.",
    ["queue", "state"],
    ({ state }) =>
      Object.entries(state.queues).flatMap(([queue, depth]) =>
        (["waiting", "active", "delayed"] as const).map((where) => ({
          labels: { queue, state: where },
          value: depth[where],
        })),
      ),
  );
  gauge("fq_jobs", "Jobs that have not ended, by phase.", ["phase"], ({ state }) =>
    options.phases.map((phase) => ({
      labels: { phase },
      value: state.jobs.filter((job) => job.phase === phase).length,
    })),
  );
  gauge(
    "fq_oldest_job_seconds",
    "Age of the oldest job in a phase, since its acceptance.",
    ["phase"],
    ({ state }) =>
      options.phases.map((phase) => ({
        labels: { phase },
        value: largest(
          state.jobs
            .filter((job) => job.phase === phase && job.acceptedAt !== undefined)
            .map((job) => (Date.now() - job.acceptedAt!) / 1000),
        ),
      })),
  );
  gauge(
    "fq_longest_stall_seconds",
    "Longest time for which a job that is worked on has not got on; the log names it.",
    [],
    ({ stalled }) => one(largest(stalled.map(({ seconds }) => seconds))),
  );
  gauge(
    "fq_frames_left",
    "Frames of accepted jobs that a stage has still to do; jobs that are paused left out.",
    ["stage"],
    ({ state }) =>
      Object.entries(state.framesLeft).map(([stage, value]) => ({ labels: { stage }, value })),
  );
  gauge(
    "fq_models_quarantined",
    "Versions of models that no job may use, because their runs broke a bound.",
    [],
    ({ quarantined }) => one(quarantined),
  );
  gauge("fq_credits_held", "Batches of pixels that jobs hold.", [], ({ state }) =>
    one(state.credits.held),
  );
  gauge("fq_credits_limit", "Batches of pixels that the jobs may hold.", [], ({ state }) =>
    one(state.credits.window),
  );
  gauge(
    "fq_frame_store_granted_bytes",
    "Bytes of pixels that are reserved in the frame store.",
    [],
    ({ state }) => one(state.grantedBytes),
  );
  readGauge(
    registry,
    {
      name: "fq_frame_store_budget_bytes",
      help: "Bytes of pixels that the site may hold.",
      labels: [],
    },
    () => one(options.frameBudgetBytes),
  );
  gauge(
    "fq_redis_memory_used_bytes",
    "Memory of a Redis: the one of the queues, and those that hold pixels.",
    ["role", "server"],
    ({ redis, frameServers }) => [
      { labels: { role: "queue", server: "queue" }, value: redis.usedBytes },
      ...frameServers.map(({ server, usedBytes }) => ({
        labels: { role: "frames", server },
        value: usedBytes,
      })),
    ],
  );
  gauge(
    "fq_redis_memory_limit_bytes",
    "What it may use: its maxmemory; for the queues' Redis the machine's memory where that is not set.",
    ["role", "server"],
    ({ redis, frameServers }) => [
      { labels: { role: "queue", server: "queue" }, value: redis.limitBytes },
      ...frameServers
        .filter(({ limitBytes }) => limitBytes > 0)
        .map(({ server, limitBytes }) => ({
          labels: { role: "frames", server },
          value: limitBytes,
        })),
    ],
  );
  gauge("fq_redis_clients", "Connections to the queues' Redis.", [], ({ redis }) =>
    one(redis.clients),
  );
  gauge("fq_redis_keys", "Keys in the queues' Redis.", [], ({ redis }) => one(redis.keys));
  gauge(
    "fq_redis_persists",
    "1 where the queues' Redis appends every write to its file, and the last one went well.",
    [],
    ({ redis }) => one(redis.persists ? 1 : 0),
  );
  counter(
    "fq_redis_commands_total",
    "Commands that the queues' Redis has run.",
    ({ redis }) => redis.commands,
  );
  counter(
    "fq_redis_cpu_seconds_total",
    "Processor time of the queues' Redis.",
    ({ redis }) => redis.cpuSeconds,
  );
  counter(
    "fq_redis_evicted_keys_total",
    "Keys that the queues' Redis threw away; it must be set so that it never does.",
    ({ redis }) => redis.evictedKeys,
  );
  for (const [name, help, field] of [
    ["fq_disk_free_bytes", "Free space of the file system that holds it.", "bavail"],
    ["fq_disk_bytes", "Size of the file system that holds it.", "blocks"],
  ] as const) {
    readGauge(registry, { name, help, labels: ["content"] }, async () => {
      const samples: Sample<"content">[] = [];
      for (const [content, path] of Object.entries(options.folders)) {
        const found = await statfs(path).catch(() => undefined);
        if (found === undefined) continue;
        samples.push({ labels: { content }, value: found[field] * found.bsize });
      }
      return samples;
    });
  }
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/**
 * One look for all metrics of a scrape, kept for as long as it must be for looks to stay below their share of the time.
 * Names jobs that do not get on, once each.
 */
function keepLook(
  logger: Logger,
  { look, stalledSeconds = STALLED_SECONDS }: SiteMetricsOptions,
): () => Promise<SiteLook> {
  let kept: Promise<SiteLook> | undefined;
  let until = 0;
  let named = new Set<string>();
  async function begin(): Promise<SiteLook> {
    const started = performance.now();
    until = Infinity;
    try {
      const found = await look();
      const stalled = found.stalled.filter(({ seconds }) => seconds >= stalledSeconds);
      for (const { job, phase, seconds } of stalled) {
        if (!named.has(job)) logger.warn({ job, phase, seconds }, "the job does not get on");
      }
      named = new Set(stalled.map(({ job }) => job));
      return found;
    } finally {
      const now = performance.now();
      until = now + Math.max(LEAST_PAUSE_MS, (now - started) / LARGEST_SHARE);
    }
  }
  return async () => {
    if (kept === undefined || performance.now() > until) {
      kept = begin();
      kept.catch(() => {});
    }
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("Redis does not answer.")), DEADLINE_MS);
    try {
      return await Promise.race([kept, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
