/** By how much the number of workers may change within a time; the larger of the two counts. */
export interface Pace {
  /** For so long every recommendation must have asked for the change. */
  readonly windowSeconds: number;
  readonly workers: number;
  /** Of those that there were, 0 to 1 and beyond. */
  readonly share: number;
  readonly periodSeconds: number;
}

/** The settings of one stage, with the meaning that Kubernetes' HorizontalPodAutoscaler gives them. */
export interface ScalingPolicy {
  readonly min: number;
  readonly max: number;
  /** Part of its speed at which a worker is to run for live sources. */
  readonly headroom: number;
  /** Seconds within which what is left of files is to be done. */
  readonly drainSeconds: number;
  readonly up: Pace;
  readonly down: Pace;
}

/**
 * Chosen with `npm run bench -- autoscale`; docs/scaling.md has the comparison. Up at once, at most doubling every
 * quarter of a minute; down to the most that was wanted within the last half minute.
 */
export const DEFAULT_POLICY: Omit<ScalingPolicy, "min" | "max"> = {
  headroom: 0.8,
  drainSeconds: 300,
  up: { windowSeconds: 0, workers: 8, share: 1, periodSeconds: 15 },
  down: { windowSeconds: 30, workers: 1, share: 1, periodSeconds: 15 },
};
