import { Backlog, WORKERS_PER_JOB } from "./backlog.ts";
import { measure, type Outcome } from "./simulate.ts";
import type { Workload } from "./workload.ts";

const STEP = 15;
/** What a start costs on average; whoever knows that a worker is wanted again sooner keeps it. */
const COLD_START = 180;

/** Parts of the wait over which work is spread, and from which fraction on a worker is a whole one. */
const FAMILY = [
  [0.25, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3],
  [0.5, 0.75, 1],
] as const;
const FEW = [[0.7, 0.85, 1, 1.2], [1]] as const;

/**
 * The least that somebody would pay who knows all arrivals, orders workers before they are wanted, and lets 95 of 100
 * jobs wait no longer than `p95`: the cheapest of a family of plans that spread every job's work evenly over the time it
 * may take.
 */
export function oracle(workload: Workload, p95: number): Outcome {
  let best: Outcome | undefined;
  // With very many jobs the plans hardly differ, and each takes a second.
  const [parts, roundings] = workload.jobs.length > 100_000 ? FEW : FAMILY;
  for (const part of parts) {
    for (const rounding of roundings) {
      const plan = spread(workload, p95 * part, rounding);
      const outcome = follow(workload, plan);
      if (outcome.p95 > p95 + STEP) continue;
      if (best === undefined || outcome.hours < best.hours) best = outcome;
    }
  }
  return best ?? follow(workload, spread(workload, 0, 1));
}

/** Workers wanted in each step, where every job is spread over its own least time and `seconds` more. */
function spread({ jobs, hours, max }: Workload, seconds: number, rounding: number): Float64Array {
  const steps = Math.ceil((hours * 3600 + seconds + 24 * 3600) / STEP);
  // A sum of differences: each job adds its rate where it begins and takes it away where it ends.
  const rate = new Float64Array(steps + 1);
  for (const { at, work } of jobs) {
    const first = Math.floor(at / STEP);
    const length = Math.max(1, Math.round((work / WORKERS_PER_JOB + seconds) / STEP));
    const share = work / (length * STEP);
    rate[first]! += share;
    rate[Math.min(steps, first + length)]! -= share;
  }
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    sum += rate[i]!;
    rate[i] = Math.min(max, Math.floor(Math.max(0, sum) + rounding - 1e-9));
  }
  return rate;
}

function follow(workload: Workload, plan: Float64Array): Outcome {
  const backlog = new Backlog(workload.jobs);
  const course: Outcome["course"][number][] = [];
  const lastOn = new Map<number, number>();
  let [paid, used] = [0, 0];
  let workers = 0;
  for (
    let step = 0;
    step < plan.length && !(step * STEP > workload.hours * 3600 && backlog.isDone);
    step++
  ) {
    const now = step * STEP;
    backlog.accept(now);
    // What rounding left over is done by one more.
    workers = Math.max(plan[step]!, backlog.left > 0 ? 1 : 0);
    used += backlog.serve(workers, now, STEP);
    for (let level = 1; level <= workers; level++) {
      const idle = now - (lastOn.get(level) ?? -Infinity) - STEP;
      // Kept through the gap, or let go and ordered again in time, whichever costs less.
      paid += STEP + Math.min(idle, COLD_START);
      lastOn.set(level, now);
    }
    course.push({ at: now, size: workers, left: backlog.left });
  }
  return { ...measure(paid, used, backlog.waits), course };
}
