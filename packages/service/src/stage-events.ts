import { toProblemError } from "@framequeue/contracts";
import type { Logger } from "./logger.ts";
import { counterIn, histogramIn, type Registry } from "./metrics.ts";

/** One delivery of a task that is over. */
export interface TaskReport {
  readonly stage: string;
  readonly job: string;
  readonly seconds: number;
  readonly outcome: "done" | "retry" | "waits" | "failed" | "handed-back" | "unwanted";
  readonly error?: unknown;
}

/** What a stage runner wants to be told to; matches `StageEvents` of the pipeline. */
export interface ObservedStage {
  readonly onTask: (task: TaskReport) => void;
  readonly onQueueError: (error: Error) => void;
  /** The reconciler mended something, or could not look. */
  readonly onRepair: (step: string) => void;
  readonly onRepairError: (error: unknown) => void;
}

const TASK_SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];

/** Turns what a stage runner reports into metrics and one log line each. Several stages may share a registry. */
export function observeStage(registry: Registry, logger: Logger): ObservedStage {
  const metrics = stageMetrics(registry);
  return {
    onTask({ stage, job, seconds, outcome, error }) {
      metrics.tasks.inc({ stage, outcome });
      metrics.seconds.observe({ stage }, seconds);
      const fields = { stage, job, seconds: Number(seconds.toFixed(4)), outcome };
      if (error === undefined) {
        logger[outcome === "done" ? "debug" : "info"](fields, `task ${outcome}`);
        return;
      }
      const { code } = toProblemError(error);
      logger[outcome === "failed" ? "error" : "warn"](
        { ...fields, code, err: error },
        `task ${outcome}`,
      );
    },
    onQueueError(error) {
      metrics.queueErrors.inc();
      logger.warn({ code: "queue-unavailable", err: error }, "queue error");
    },
    onRepair(step) {
      metrics.repairs.inc();
      logger.info({ step }, "repaired");
    },
    onRepairError(error) {
      logger.warn({ code: toProblemError(error).code, err: error }, "the reconciler cannot look");
    },
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
    repairs: counterIn(registry, {
      name: "fq_repairs_total",
      help: "What the reconciler had to mend: lost tasks, credits and pixels of dead holders, forgotten jobs.",
      labels: [],
    }),
    queueErrors: counterIn(registry, {
      name: "fq_queue_errors_total",
      help: "Faults of the queue's connection.",
      labels: [],
    }),
  };
}
