import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_POLICY } from "@framequeue/scaling";
import type { Bench, BenchInput } from "../bench.ts";
import { oracle } from "./oracle.ts";
import { coursePlot, tradePlot } from "./plot.ts";
import { queueDepth, utilization, workLeft } from "./rules.ts";
import { type Outcome, type Rule, simulate } from "./simulate.ts";
import { type Workload, WORKLOADS } from "./workload.ts";

const SEED = 1;
/** What a list of tasks is divided by: from a fraction of a second of work to a minute of it. */
const DEPTHS = [5, 10, 20, 30, 40, 50, 70, 100, 200, 500];
const DRAINS = [60, 120, 240, 300, 600, 1_200];

/** How many GPUs are paid for and how long jobs wait, by the product's rule, others, and one that knows the future. */
export const autoscale: Bench = {
  name: "autoscale",
  about: "GPU-hours and waiting times of scaling rules on simulated workloads, against an oracle",
  needs: [],
  async run({ print, plots }) {
    print({}, TITLES.map((title, i) => title.padStart(WIDTHS[i]!)).join(""));
    for (const make of WORKLOADS) {
      const workload = make(SEED);
      const outcomes = compare(workload);
      for (const row of outcomes) report(workload, row, outcomes[0]!.outcome, print);
      if (plots === undefined) continue;
      await mkdir(plots, { recursive: true });
      const curves = outcomes.filter(({ drawn }) => drawn);
      await writeFile(join(plots, `autoscale-${workload.name}.svg`), coursePlot(workload, curves));
      if (workload.name !== "bursts") continue;
      await writeFile(join(plots, "autoscale-trade.svg"), tradePlot(trades(workload)));
    }
    return true;
  },
};

interface Compared {
  readonly name: string;
  readonly outcome: Outcome;
  readonly drawn: boolean;
}

/** The first is the product's; the oracle is given the same p95. */
function compare(workload: Workload): Compared[] {
  const { max } = workload;
  const run = (rule: Rule): Outcome => simulate(workload, rule, SEED);
  const ours = run(workLeft(max));
  const equal = (over: Parameters<typeof queueDepth>[2]): Compared => {
    const tuned = DEPTHS.map((depth) => ({ depth, outcome: run(queueDepth(max, depth, over)) }));
    // The one that waits nearly as short for the least money; where none does, the one that waits least.
    const quick = tuned.filter(({ outcome }) => outcome.p95 <= ours.p95 * 1.05);
    const best = (quick.length > 0 ? quick : tuned).toSorted((a, b) =>
      quick.length > 0 ? a.outcome.hours - b.outcome.hours : a.outcome.p95 - b.outcome.p95,
    )[0]!;
    const pace = over === undefined ? "" : ", our pace";
    return {
      name: `queue depth, ${best.depth} each${pace}`,
      outcome: best.outcome,
      drawn: over === undefined,
    };
  };
  return [
    { name: `work left, ${DEFAULT_POLICY.drainSeconds} s`, outcome: ours, drawn: true },
    { name: "oracle", outcome: oracle(workload, ours.p95), drawn: true },
    equal(undefined),
    equal({ down: DEFAULT_POLICY.down }),
    { name: "queue depth, 10 each", outcome: run(queueDepth(max, 10)), drawn: false },
    { name: "utilisation, 70 %", outcome: run(utilization(max, 0.7)), drawn: false },
  ];
}

/** Cost against waiting, for each rule over its one setting. */
function trades(workload: Workload): Record<string, Outcome[]> {
  const { max } = workload;
  const run = (rule: Rule): Outcome => simulate(workload, rule, SEED);
  const ours = DRAINS.map((drainSeconds) => run(workLeft(max, { drainSeconds })));
  return {
    "work left": ours,
    "queue depth": DEPTHS.map((depth) => run(queueDepth(max, depth))),
    "queue depth, our pace": DEPTHS.map((depth) =>
      run(queueDepth(max, depth, { down: DEFAULT_POLICY.down })),
    ),
    utilisation: [0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((target) => run(utilization(max, target))),
    oracle: ours.map(({ p95 }) => oracle(workload, p95)),
  };
}

const TITLES = [
  "workload",
  "rule",
  "GPU-hours",
  "wasted",
  "of oracle",
  "p50 wait, s",
  "p95 wait, s",
];
const WIDTHS = [14, 36, 11, 10, 11, 13, 13];

function report(
  workload: Workload,
  { name, outcome }: Compared,
  ours: Outcome,
  print: BenchInput["print"],
): void {
  const { hours, wastedHours, p50, p95 } = outcome;
  // Another rule's wait is another; its oracle is the one for that.
  const least =
    outcome === ours || name === "oracle" ? oracle(workload, ours.p95) : oracle(workload, p95);
  const ratio = hours / least.hours;
  const cells = [
    workload.name,
    name,
    hours.toFixed(1),
    wastedHours.toFixed(1),
    ratio.toFixed(2),
    p50.toFixed(0),
    p95.toFixed(0),
  ];
  print(
    {
      bench: "autoscale",
      workload: workload.name,
      rule: name,
      hours,
      wastedHours,
      ratio,
      p50,
      p95,
    },
    cells.map((cell, i) => cell.padStart(WIDTHS[i]!)).join(""),
  );
}
