import type { ChaosReport } from "./chaos.ts";

const WIDTH = 20;

/** A line per figure, then everything that is not as it should be. */
export function summaryText(report: ChaosReport): string {
  const { faults, jobs, seconds, wrong, leftovers } = report;
  const figures = {
    ...faults,
    seconds,
    jobs,
    wrong: wrong.length,
    "left behind": leftovers.length,
  };
  const lines = Object.entries(figures).map(([name, count]) => `${name.padEnd(WIDTH)}${count}`);
  return `${[...lines, ...wrong, ...leftovers].join("\n")}\n`;
}

export function isFlawless({ wrong, leftovers }: ChaosReport): boolean {
  return wrong.length + leftovers.length === 0;
}
