import { GAP_REASONS, TERMINAL_STATES } from "@framequeue/contracts";
import type { Logger } from "../process/logger.ts";
import { counterIn, histogramIn, type Registry } from "./metrics.ts";
import { type JobTracer, ROOT } from "../tracing/tracer.ts";

/** What can be found damaged, as the pipeline names it. */
const RECORDS = ["accepted", "result", "redis", "intermediate", "artefact"] as const;

/** What the pipeline tells of jobs and stores; matches its `JobEvents` and `StoreEvents`. */
export interface ObservedPipeline {
  readonly onRedisError: (error: Error) => void;
  readonly events: {
    readonly onJobAccepted: (accepted: AcceptedSubmission) => void;
    readonly onJobEnded: (end: EndedJob) => void;
    readonly onRecordDamaged: (damaged: {
      job: string;
      record: (typeof RECORDS)[number];
      key: string;
      cause: unknown;
    }) => void;
    readonly onStoreCall: (call: {
      store: string;
      operation: string;
      seconds: number;
      bytes: number;
      ok: boolean;
    }) => void;
  };
}

interface AcceptedSubmission {
  readonly job: string;
  readonly acceptedAt: string;
  /** W3C `traceparent` of the request. */
  readonly askedBy?: string | undefined;
}

interface EndedJob {
  readonly job: string;
  readonly run: number;
  readonly state: string;
  readonly acceptedAt: string;
  readonly startedAt?: string;
  readonly finishedAt: string;
  readonly problem?: { readonly code: string };
  /** Frames without a result; both ends inclusive. */
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly reason: string }[];
}

const JOB_SECONDS = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000];
const WAIT_SECONDS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_000];
/** Damaged records that the log names once each. */
const MOST_NAMED = 1_000;
const STORE_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Turns what the pipeline tells into metrics, and a log line per job that ends. */
export function observePipeline(
  registry: Registry,
  logger: Logger,
  tracer?: JobTracer,
): ObservedPipeline {
  const metrics = pipelineMetrics(registry);
  // What has not happened yet is 0, not absent: an alert compares it with what comes.
  for (const state of TERMINAL_STATES) metrics.ended.inc({ state }, 0);
  for (const reason of GAP_REASONS) {
    metrics.gaps.inc({ reason }, 0);
    metrics.lost.inc({ reason }, 0);
  }
  for (const store of ["frames", "objects"]) {
    for (const operation of ["put", "get"]) metrics.storeErrors.inc({ store, operation }, 0);
  }
  for (const record of RECORDS) metrics.damaged.inc({ record }, 0);
  const named = new Set<string>();
  return {
    onRedisError: (error) => logger.warn({ err: error }, "Redis cannot be reached"),
    events: {
      onJobAccepted({ job, acceptedAt, askedBy }) {
        metrics.accepted.inc();
        const startMs = Date.parse(acceptedAt);
        tracer?.record({
          name: "job",
          job,
          startMs,
          endMs: Date.now(),
          span: ROOT,
          attributes: {},
          askedBy,
        });
      },
      onJobEnded({ job, run, state, acceptedAt, startedAt, finishedAt, problem, gaps }) {
        const seconds = secondsBetween(acceptedAt, finishedAt);
        metrics.ended.inc({ state });
        metrics.jobSeconds.observe({ state }, seconds);
        if (startedAt !== undefined) metrics.wait.observe(secondsBetween(acceptedAt, startedAt));
        if (problem !== undefined) metrics.problems.inc({ code: problem.code });
        for (const { from, to, reason } of gaps) {
          metrics.gaps.inc({ reason });
          metrics.lost.inc({ reason }, to - from + 1);
        }
        const code = problem?.code;
        tracer?.record({
          name: "run",
          job,
          startMs: Date.parse(run === 1 ? acceptedAt : (startedAt ?? finishedAt)),
          endMs: Date.parse(finishedAt),
          attributes: {
            "framequeue.run": run,
            "framequeue.state": state,
            "framequeue.problem": code,
          },
          ...(code === undefined ? {} : { error: code }),
        });
        logger.info(
          {
            job,
            run,
            state,
            seconds,
            ...(code === undefined ? {} : { code }),
            ...tracer?.fieldsOf(job),
          },
          `job ${state}`,
        );
      },
      onRecordDamaged({ job, record, key, cause }) {
        metrics.damaged.inc({ record });
        // Looks come again and again, for as long as it lasts.
        if (named.has(key)) return;
        if (named.size >= MOST_NAMED) named.clear();
        named.add(key);
        logger.error(
          { job, key, code: "record-damaged", err: cause },
          "a record is damaged or gone",
        );
      },
      onStoreCall({ store, operation, seconds, bytes, ok }) {
        metrics.storeSeconds.observe({ store, operation }, seconds);
        if (bytes > 0) metrics.storeBytes.inc({ store, operation }, bytes);
        if (!ok) metrics.storeErrors.inc({ store, operation });
      },
    },
  };
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

function pipelineMetrics(registry: Registry) {
  return {
    accepted: counterIn(registry, {
      name: "fq_jobs_accepted_total",
      help: "Jobs that this process accepted.",
      labels: [],
    }),
    ended: counterIn(registry, {
      name: "fq_jobs_ended_total",
      help: "Runs of jobs that this process took to their end.",
      labels: ["state"],
    }),
    problems: counterIn(registry, {
      name: "fq_job_problems_total",
      help: "Jobs that failed, by the code of their problem.",
      labels: ["code"],
    }),
    jobSeconds: histogramIn(registry, {
      name: "fq_job_seconds",
      help: "Time from a job's acceptance to its end.",
      labels: ["state"],
      buckets: JOB_SECONDS,
    }),
    wait: histogramIn(registry, {
      name: "fq_job_wait_seconds",
      help: "Time from a job's acceptance until its first segment was taken up; told at its end.",
      labels: [],
      buckets: WAIT_SECONDS,
    }),
    gaps: counterIn(registry, {
      name: "fq_gaps_total",
      help: "Gaps in the results of jobs that ended.",
      labels: ["reason"],
    }),
    lost: counterIn(registry, {
      name: "fq_frames_lost_total",
      help: "Frames without a result in jobs that ended.",
      labels: ["reason"],
    }),
    damaged: counterIn(registry, {
      name: "fq_records_damaged_total",
      help: "Looks at a job that found one of its records damaged, in the store or in Redis; grows for as long as it is.",
      labels: ["record"],
    }),
    storeSeconds: histogramIn(registry, {
      name: "fq_store_seconds",
      help: "Time of one call of the frame store or the object store.",
      labels: ["store", "operation"],
      buckets: STORE_SECONDS,
    }),
    storeBytes: counterIn(registry, {
      name: "fq_store_bytes_total",
      help: "Content that was put into a store or got from it.",
      labels: ["store", "operation"],
    }),
    storeErrors: counterIn(registry, {
      name: "fq_store_errors_total",
      help: "Calls that a store did not serve.",
      labels: ["store", "operation"],
    }),
  };
}
