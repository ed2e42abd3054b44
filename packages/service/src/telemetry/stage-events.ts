import { toProblemError } from "@framequeue/contracts";
import { BusyClock } from "./busy-clock.ts";
import type { Logger } from "../process/logger.ts";
import { counterIn, histogramIn, type Registry } from "./metrics.ts";
import { readCounter, readGauge } from "./read-metrics.ts";
import type { JobTracer } from "../tracing/tracer.ts";

/** One delivery of a task that is over. */
export interface TaskReport {
  readonly stage: string;
  readonly job: string;
  readonly segment?: number;
  readonly batch?: string;
  readonly seconds: number;
  /** Names this delivery. */
  readonly delivery?: string;
  /** Spans on whose results it worked. */
  readonly follows?: readonly string[];
  readonly outcome: "done" | "retry" | "waits" | "failed" | "handed-back" | "unwanted" | "lost";
  readonly error?: unknown;
}

/** What a stage runner wants to be told to; matches `StageEvents` of the pipeline. */
export interface ObservedStage {
  readonly onTask: (task: TaskReport) => void;
  readonly onWork: (work: { stage: string; frames: number; batches: number }) => void;
  readonly onBusy: (stage: string, change: 1 | -1) => void;
  /** The span of a delivery that begins, where there are traces. */
  readonly spanOf: (job: string, delivery: string) => string | undefined;
  readonly onQueueError: (error: Error) => void;
  /** The reconciler mended something, or could not look. */
  readonly onRepair: (step: string) => void;
  readonly onRepairError: (error: unknown) => void;
  /** It could not look after one job, and went on behind it. */
  readonly onJobSkipped: (job: string, error: unknown) => void;
}

const TASK_SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];

/** Turns what a stage runner reports into metrics and one log line each, for all stages of one process. */
export function observeStage(
  registry: Registry,
  logger: Logger,
  tracer?: JobTracer,
): ObservedStage {
  const metrics = stageMetrics(registry);
  const busy = busyClocks(registry);
  return {
    spanOf: (job, delivery) => tracer?.spanOf(job, delivery),
    onTask(task) {
      const { stage, job, segment, batch, seconds, outcome, error } = task;
      if (tracer !== undefined) recordTask(tracer, task);
      metrics.tasks.inc({ stage, outcome });
      metrics.seconds.observe({ stage }, seconds);
      const fields = {
        stage,
        job,
        ...(segment === undefined ? {} : { segment }),
        ...(batch === undefined ? {} : { batch }),
        seconds: Number(seconds.toFixed(4)),
        outcome,
        ...tracer?.fieldsOf(job),
      };
      if (error === undefined) {
        logger[outcome === "done" ? "debug" : "info"](fields, `task ${outcome}`);
        return;
      }
      const { code } = toProblemError(error);
      metrics.errors.inc({ stage, code });
      logger[outcome === "failed" ? "error" : "warn"](
        { ...fields, code, err: error },
        `task ${outcome}`,
      );
    },
    onWork({ stage, frames, batches }) {
      metrics.frames.inc({ stage }, frames);
      if (batches > 0) metrics.batches.inc({ stage }, batches);
    },
    onBusy: (stage, change) => busy(stage).change(change),
    onQueueError(error) {
      metrics.queueErrors.inc();
      logger.warn({ code: "queue-unavailable", err: error }, "queue error");
    },
    onRepair(step) {
      metrics.repairs.inc({ action: actionOf(step) });
      logger.info({ step }, "repaired");
    },
    onRepairError(error) {
      logger.warn({ code: toProblemError(error).code, err: error }, "the reconciler cannot look");
    },
    onJobSkipped(job, error) {
      const { code } = toProblemError(error);
      metrics.skipped.inc({ code });
      // The log has been told already which record that is, once.
      const level = code === "record-damaged" ? "debug" : "warn";
      logger[level]({ job, code, err: error }, "the reconciler cannot look after the job");
    },
  };
}

/** A delivery as a span; one that is tried again is no error of the job. */
function recordTask(tracer: JobTracer, task: TaskReport): void {
  const { stage, job, segment, batch, delivery, follows, seconds, outcome, error } = task;
  const endMs = Date.now();
  tracer.record({
    name: stage,
    job,
    startMs: endMs - seconds * 1000,
    endMs,
    span: delivery === undefined ? undefined : tracer.spanOf(job, delivery),
    attributes: {
      "framequeue.segment": segment,
      "framequeue.batch": batch,
      "framequeue.outcome": outcome,
    },
    ...(follows === undefined ? {} : { follows }),
    ...(outcome === "retry" || outcome === "failed" ? { error: toProblemError(error) } : {}),
  });
}

/** What a repair is about; the rest of its text names jobs, and every value is a time series. */
const ACTIONS = [
  "queued",
  "cleared",
  "gave",
  "took",
  "deleted",
  "forgot",
  "cancelled",
  "ended",
  "began",
];

function actionOf(step: string): string {
  const [verb] = step.split(" ", 1);
  return ACTIONS.find((action) => action === verb) ?? "other";
}

/** A clock per stage, made when the stage first has work. */
function busyClocks(registry: Registry): (stage: string) => BusyClock {
  const clocks = new Map<string, BusyClock>();
  const samples = (value: (clock: BusyClock) => number) => () =>
    [...clocks].map(([stage, clock]) => ({ labels: { stage }, value: value(clock) }));
  readCounter(
    registry,
    {
      name: "fq_busy_seconds_total",
      help: "Time in which this process had something to do: at least one task that did not wait for others.",
      labels: ["stage"],
    },
    samples(({ seconds }) => seconds),
  );
  readGauge(
    registry,
    {
      name: "fq_tasks_running",
      help: "Tasks that this process works on; those that wait for a credit or for room left out.",
      labels: ["stage"],
    },
    samples(({ tasks }) => tasks),
  );
  return (stage) => {
    const clock = clocks.get(stage) ?? new BusyClock();
    clocks.set(stage, clock);
    return clock;
  };
}

function stageMetrics(registry: Registry) {
  return {
    tasks: counterIn(registry, {
      name: "fq_tasks_total",
      help: "Deliveries of tasks that are over, by how they ended.",
      labels: ["stage", "outcome"],
    }),
    seconds: histogramIn(registry, {
      name: "fq_task_seconds",
      help: "Time from a task's delivery to its end.",
      labels: ["stage"],
      buckets: TASK_SECONDS,
    }),
    errors: counterIn(registry, {
      name: "fq_task_errors_total",
      help: "Deliveries of tasks that ended with an error, by its code.",
      labels: ["stage", "code"],
    }),
    frames: counterIn(registry, {
      name: "fq_frames_total",
      help: "Frames that a stage has done for good.",
      labels: ["stage"],
    }),
    batches: counterIn(registry, {
      name: "fq_batches_total",
      help: "Batches that a stage has done for good.",
      labels: ["stage"],
    }),
    repairs: counterIn(registry, {
      name: "fq_repairs_total",
      help: "What the reconciler had to mend: lost tasks, credits and pixels of dead holders, forgotten jobs.",
      labels: ["action"],
    }),
    skipped: counterIn(registry, {
      name: "fq_jobs_skipped_total",
      help: "Jobs that a pass of the reconciler could not look after, by why; it went on with the others.",
      labels: ["code"],
    }),
    queueErrors: counterIn(registry, {
      name: "fq_queue_errors_total",
      help: "Faults of the queue's connection.",
      labels: [],
    }),
  };
}
