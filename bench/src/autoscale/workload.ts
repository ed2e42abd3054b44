import { seededRandom } from "./random.ts";

/** A job: when it is accepted, and how many seconds of one worker it takes. */
export interface Arrival {
  readonly at: number;
  readonly work: number;
}

export interface Workload {
  readonly name: string;
  readonly about: string;
  readonly hours: number;
  /** Workers that there may be. */
  readonly max: number;
  /** By time. */
  readonly jobs: readonly Arrival[];
}

const HOUR = 3600;

/** Sorted, and none after the last hour: the simulation goes on until all is done. */
function workload(of: Omit<Workload, "jobs">, jobs: Arrival[]): Workload {
  return { ...of, jobs: jobs.sort((a, b) => a.at - b.at) };
}

/** Arrivals of a Poisson process whose rate per second changes with time, by thinning. */
function* arrivals(
  random: () => number,
  hours: number,
  rate: (t: number) => number,
  highest: number,
): Generator<number> {
  for (let t = 0; ;) {
    t += -Math.log(1 - random()) / highest;
    if (t >= hours * HOUR) return;
    if (random() * highest < rate(t)) yield t;
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Median and spread of a log-normal work. */
function logNormal(random: () => number, median: number, sigma: number): number {
  return median * Math.exp(sigma * normal(random));
}

/** Collections that are handed in at once, at hours nobody knows before; nothing between them. */
function bursts(seed: number): Workload {
  const random = seededRandom(seed);
  const jobs: Arrival[] = [];
  for (let burst = 0; burst < 10; burst++) {
    const start = random() * 23 * HOUR;
    const count = Math.round(logNormal(random, 120, 0.8));
    for (let i = 0; i < count; i++) {
      jobs.push({ at: start + random() * 120, work: logNormal(random, 90, 0.8) });
    }
  }
  return workload(
    { name: "bursts", about: "10 collections a day, nothing between", hours: 24, max: 100 },
    jobs,
  );
}

/** A site that people use: a noon four times as busy as the night. */
function daily(seed: number): Workload {
  const random = seededRandom(seed);
  const rate = (t: number): number => 0.05 * (1 - 0.6 * Math.cos((2 * Math.PI * t) / (24 * HOUR)));
  const jobs = [...arrivals(random, 24, rate, 0.08)].map((at) => ({
    at,
    work: logNormal(random, 60, 1),
  }));
  return workload(
    { name: "daily", about: "some 4,300 jobs, busy at noon", hours: 24, max: 100 },
    jobs,
  );
}

/** Most jobs are short, most work is in few: Pareto with an exponent of 1.3. */
function heavyTailed(seed: number): Workload {
  const random = seededRandom(seed);
  const jobs = [...arrivals(random, 24, () => 0.03, 0.03)].map((at) => ({
    at,
    work: Math.min(20_000, 20 * (1 - random()) ** (-1 / 1.3)),
  }));
  return workload(
    { name: "heavy-tailed", about: "some 2,600 jobs, of 20 s to 5 h of work", hours: 24, max: 100 },
    jobs,
  );
}

/** A few short jobs an hour: scaling to zero is worth it, and every job may meet an empty site. */
function sparse(seed: number): Workload {
  const random = seededRandom(seed);
  const jobs = [...arrivals(random, 24, () => 4 / HOUR, 4 / HOUR)].map((at) => ({
    at,
    work: logNormal(random, 60, 0.7),
  }));
  return workload({ name: "sparse", about: "4 jobs an hour", hours: 24, max: 10 }, jobs);
}

/** A million jobs a day on up to 1,000 GPUs, with the day's course and bursts on top. */
function million(seed: number): Workload {
  const random = seededRandom(seed);
  const surges = Array.from({ length: 8 }, () => random() * 24 * HOUR);
  const rate = (t: number): number =>
    10.4 * (1 - 0.5 * Math.cos((2 * Math.PI * t) / (24 * HOUR))) +
    surges.filter((start) => t >= start && t < start + 600).length * 12;
  const jobs = [...arrivals(random, 24, rate, 64)].map((at) => ({
    at,
    work: logNormal(random, 20, 1),
  }));
  return workload(
    {
      name: "million",
      about: "a million jobs a day with surges, up to 1,000 GPUs",
      hours: 24,
      max: 1_000,
    },
    jobs,
  );
}

export const WORKLOADS: readonly ((seed: number) => Workload)[] = [
  bursts,
  daily,
  heavyTailed,
  sparse,
  million,
];
