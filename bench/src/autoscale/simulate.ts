import { decide, EMPTY_MEMORY, type ScalingPolicy } from "@framequeue/scaling";
import { Backlog } from "./backlog.ts";
import { Fleet } from "./fleet.ts";
import type { Workload } from "./workload.ts";

/** What a rule can see every quarter of a minute. */
export interface Seen {
  readonly backlog: Backlog;
  /** Workers that are ready. */
  readonly ready: number;
  /** Workers that are ready or starting. */
  readonly size: number;
  /** Part of the ready workers' time that was used since the last look. */
  readonly utilization: number;
}

/** Says how many workers there should be; window and pace come from the policy. */
export interface Rule {
  readonly name: string;
  readonly policy: ScalingPolicy;
  readonly wanted: (seen: Seen) => number;
}

export interface Outcome {
  readonly hours: number;
  readonly wastedHours: number;
  readonly busyHours: number;
  readonly p50: number;
  readonly p95: number;
  /** Every quarter of a minute. */
  readonly course: readonly { readonly at: number; readonly size: number; readonly left: number }[];
}

const STEP = 5;
const LOOK = 15;

/** Plays a workload against a rule until all is done and the fleet is at its minimum, or the time is over. */
export function simulate(workload: Workload, rule: Rule, seed: number): Outcome {
  const backlog = new Backlog(workload.jobs);
  const fleet = new Fleet(seed);
  fleet.resize(rule.policy.min, 0);
  let memory = EMPTY_MEMORY;
  let [paid, used, usedSinceLook, readySinceLook] = [0, 0, 0, 0];
  const course: Outcome["course"][number][] = [];
  for (let now = 0; now < workload.hours * 3600 || !backlog.isDone; now += STEP) {
    fleet.tick(now);
    backlog.accept(now);
    const done = backlog.serve(fleet.ready, now, STEP);
    paid += fleet.size * STEP;
    used += done;
    usedSinceLook += done;
    readySinceLook += fleet.ready * STEP;
    if (now % LOOK !== 0) continue;
    const wanted = rule.wanted({
      backlog,
      ready: fleet.ready,
      size: fleet.size,
      utilization: readySinceLook === 0 ? 0 : usedSinceLook / readySinceLook,
    });
    [usedSinceLook, readySinceLook] = [0, 0];
    const { min, max } = rule.policy;
    const decision = decide(memory, rule.policy, {
      now,
      current: fleet.size,
      wanted: Math.min(max, Math.max(min, wanted)),
    });
    memory = decision.memory;
    fleet.resize(decision.workers, now);
    course.push({ at: now, size: fleet.size, left: backlog.left });
  }
  return { ...measure(paid, used, backlog.waits), course };
}

export function measure(paid: number, used: number, waits: readonly number[]) {
  const sorted = Float64Array.from(waits).sort();
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return {
    hours: paid / 3600,
    busyHours: used / 3600,
    wastedHours: (paid - used) / 3600,
    p50: at(0.5),
    p95: at(0.95),
  };
}
