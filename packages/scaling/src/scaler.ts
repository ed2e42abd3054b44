import type { Pace, ScalingPolicy } from "./policy.ts";

/** What a scaler remembers; starts empty. Times in seconds, never going back. */
export interface ScalerMemory {
  readonly recommendations: readonly { readonly at: number; readonly workers: number }[];
  readonly changes: readonly { readonly at: number; readonly by: number }[];
}

export const EMPTY_MEMORY: ScalerMemory = { recommendations: [], changes: [] };

export interface Decision {
  readonly workers: number;
  readonly memory: ScalerMemory;
}

/**
 * The number of workers from now on, as Kubernetes' HorizontalPodAutoscaler decides it: the recommendation, held by the
 * window of its direction, at no more than its pace. Pure: what it remembers comes in and goes out.
 *
 * @param current workers that there are now, those that are starting included
 * @param wanted what `wantedWorkers` recommends now
 */
export function decide(
  memory: ScalerMemory,
  policy: ScalingPolicy,
  {
    now,
    current,
    wanted,
  }: { readonly now: number; readonly current: number; readonly wanted: number },
): Decision {
  const { up, down, min, max } = policy;
  const horizon = now - Math.max(up.windowSeconds, down.windowSeconds);
  const recommendations = [
    ...memory.recommendations.filter(({ at }) => at >= horizon),
    { at: now, workers: wanted },
  ];
  const within = (seconds: number): number[] =>
    recommendations.filter(({ at }) => at >= now - seconds).map(({ workers }) => workers);
  const upTo = Math.min(...within(up.windowSeconds));
  const downTo = Math.max(...within(down.windowSeconds));
  const changes = memory.changes.filter(
    ({ at }) => at > now - Math.max(up.periodSeconds, down.periodSeconds),
  );
  const target =
    upTo > current
      ? Math.min(upTo, current + allowance(up, changes, current, now, 1))
      : downTo < current
        ? Math.max(downTo, current - allowance(down, changes, current, now, -1))
        : current;
  const workers = Math.min(max, Math.max(min, target));
  return {
    workers,
    memory: {
      recommendations,
      changes: workers === current ? changes : [...changes, { at: now, by: workers - current }],
    },
  };
}

/** How many more may come, or go, after those of the period so far. */
function allowance(
  { workers, share, periodSeconds }: Pace,
  changes: ScalerMemory["changes"],
  current: number,
  now: number,
  sign: 1 | -1,
): number {
  const done = changes
    .filter(({ at, by }) => at > now - periodSeconds && Math.sign(by) === sign)
    .reduce((sum, { by }) => sum + Math.abs(by), 0);
  const atStart = current - sign * done;
  return Math.max(0, Math.max(workers, Math.ceil(atStart * share)) - done);
}
