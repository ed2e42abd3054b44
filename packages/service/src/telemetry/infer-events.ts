import type { Logger } from "../process/logger.ts";
import { counterIn, histogramIn, type Registry } from "./metrics.ts";

interface NamedModel {
  readonly name: string;
  readonly version: string;
}

/** What the infer service tells of its models; matches its `InferEvents`. */
export interface ObservedModels {
  readonly onRun: (
    model: NamedModel,
    run: { seconds: number; frames: number; slots: number },
  ) => void;
  readonly onLoad: (model: NamedModel, seconds: number) => void;
  readonly onBroke: (
    breach: { model: NamedModel; bound: string; limit: number },
    work: { job: string; work: string },
    verdict: string,
  ) => void;
}

const RUN_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const RUN_FRAMES = [1, 2, 4, 8, 16, 32, 64];
const LOAD_SECONDS = [0.3, 1, 3, 10, 30, 100, 300];
/** Models with series of their own; any name can be registered, so the rest share one. */
const MODELS = 64;

export function observeModels(registry: Registry, logger: Logger): ObservedModels {
  const labels = ["model", "version"] as const;
  const seconds = histogramIn(registry, {
    name: "fq_session_seconds",
    help: "Time of one run of a network, over all pictures of its tensor.",
    labels,
    buckets: RUN_SECONDS,
  });
  const frames = histogramIn(registry, {
    name: "fq_session_frames",
    help: "Pictures that one run of a network was wanted for: the batch size achieved.",
    labels,
    buckets: RUN_FRAMES,
  });
  const slots = counterIn(registry, {
    name: "fq_session_slots_total",
    help: "Pictures that the tensors had room for.",
    labels,
  });
  const loads = histogramIn(registry, {
    name: "fq_model_load_seconds",
    help: "Time until a model that was not loaded could be run.",
    labels,
    buckets: LOAD_SECONDS,
  });
  const known = new Set<string>();
  const labelled = ({ name, version }: NamedModel): Record<(typeof labels)[number], string> => {
    const id = `${name}@${version}`;
    if (known.size < MODELS) known.add(id);
    return known.has(id) ? { model: name, version } : { model: "other", version: "other" };
  };
  return {
    onRun(model, run) {
      const of = labelled(model);
      seconds.observe(of, run.seconds);
      frames.observe(of, run.frames);
      slots.inc(of, run.slots);
    },
    onLoad(model, took) {
      loads.observe(labelled(model), took);
      logger.info(
        { model: model.name, version: model.version, seconds: Number(took.toFixed(3)) },
        "model loaded",
      );
    },
    // No metric: the process ends, and what it counted with it.
    onBroke({ model, bound, limit }, { job, work }, verdict) {
      const { name, version } = model;
      logger.error(
        { model: name, version, bound, limit, job, work, verdict },
        "a run of the model broke a bound; this process ends",
      );
    },
  };
}
