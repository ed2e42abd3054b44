import { DEFAULT_POLICY, type ScalingPolicy, wantedWorkers } from "@framequeue/scaling";
import type { Rule } from "./simulate.ts";

/** The product's rule, in seconds of work instead of frames. */
export function workLeft(max: number, over: Partial<ScalingPolicy> = {}): Rule {
  const policy: ScalingPolicy = { ...DEFAULT_POLICY, min: 0, max, ...over };
  return {
    name: `work left, ${policy.drainSeconds} s`,
    policy,
    wanted: ({ backlog, ready }) => {
      const { waiting, active } = backlog.tasks(ready);
      return wantedWorkers(
        {
          liveFramesPerSecond: 0,
          framesLeft: backlog.left,
          framesPerBusySecond: 1,
          busy: active,
          waiting,
        },
        policy,
      );
    },
  };
}

/** Kubernetes' own pace, as KEDA leaves it: up without a window, down after five minutes. */
const KUBERNETES = {
  headroom: 1,
  drainSeconds: 1,
  up: { windowSeconds: 0, workers: 4, share: 1, periodSeconds: 15 },
  down: { windowSeconds: 300, workers: 0, share: 1, periodSeconds: 15 },
} as const;

/** The length of the waiting list divided by what one worker is to have waiting, as a naive trigger has it. */
export function queueDepth(
  max: number,
  perWorker: number,
  over: Partial<ScalingPolicy> = {},
): Rule {
  return {
    name: `queue depth, ${perWorker} each`,
    policy: { ...KUBERNETES, min: 0, max, ...over },
    wanted: ({ backlog, ready }) => Math.ceil(backlog.tasks(ready).waiting / perWorker),
  };
}

/** The classic: keep processors at a part of their time. Cannot begin from none. */
export function utilization(max: number, target: number): Rule {
  return {
    name: `utilisation, ${Math.round(target * 100)} %`,
    policy: { ...KUBERNETES, min: 1, max },
    wanted: ({ ready, size, utilization: used }) => {
      const wanted = ready * (used / target);
      // Within a tenth nothing changes, and what is starting counts as idle.
      return Math.abs(wanted / size - 1) <= 0.1 ? size : Math.ceil(wanted);
    },
  };
}
