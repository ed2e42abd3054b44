import type { Outcome } from "./simulate.ts";
import type { Workload } from "./workload.ts";

const WIDTH = 860;
const HEIGHT = 360;
const MARGIN = { left: 70, right: 20, top: 34, bottom: 46 } as const;
const COLORS = ["#1f6feb", "#2da44e", "#cf222e", "#8250df", "#bf8700"];
/** Points of a curve: more cannot be seen. */
const POINTS = 800;

interface Axis {
  readonly title: string;
  readonly least: number;
  readonly most: number;
  readonly log?: boolean;
}

interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly dots?: boolean;
}

/** How many workers there were over the day, by rule. */
export function coursePlot(
  workload: Workload,
  runs: readonly { readonly name: string; readonly outcome: Outcome }[],
): string {
  const curves = runs.map(({ name, outcome: { course } }) => {
    const step = Math.max(1, Math.floor(course.length / POINTS));
    const points = course
      .filter((_, i) => i % step === 0)
      .map(({ at, size }) => [at / 3600, size] as const);
    return { name, points };
  });
  return plot(
    `${workload.name}: ${workload.about}`,
    { title: "hours", least: 0, most: workload.hours },
    { title: "workers, starting or there", least: 0, most: highest(curves) },
    curves,
  );
}

/** What is paid against what is waited, by rule, over its one setting. */
export function tradePlot(rules: Readonly<Record<string, readonly Outcome[]>>): string {
  const curves = Object.entries(rules).map(([name, outcomes]) => ({
    name,
    points: outcomes.map(({ p95, hours }) => [p95, hours] as const),
    dots: true,
  }));
  return plot(
    "bursts: what a shorter wait costs, by rule",
    { title: "p95 wait, s (logarithmic)", least: 200, most: 5_000, log: true },
    { title: "GPU-hours", least: 0, most: highest(curves) },
    curves,
  );
}

function highest(curves: readonly Curve[]): number {
  return Math.max(1, ...curves.flatMap(({ points }) => points.map(([, y]) => y)));
}

/** A line chart as SVG text, readable on light and dark pages. */
export function plot(title: string, x: Axis, y: Axis, curves: readonly Curve[]): string {
  const place = (axis: Axis, value: number, from: number, to: number): number => {
    const scale = (v: number): number => (axis.log ? Math.log(v) : v);
    const [least, most] = [scale(axis.least), scale(axis.most)];
    const part = (scale(Math.min(axis.most, Math.max(axis.least, value))) - least) / (most - least);
    return Number((from + part * (to - from)).toFixed(1));
  };
  const px = (value: number): number => place(x, value, MARGIN.left, WIDTH - MARGIN.right);
  const py = (value: number): number => place(y, value, HEIGHT - MARGIN.bottom, MARGIN.top);
  const lines: string[] = [];
  for (const value of ticks(y)) {
    lines.push(
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${py(value)}" y2="${py(value)}" stroke="#d0d7de"/>`,
      text(MARGIN.left - 8, py(value) + 4, String(value), "end"),
    );
  }
  for (const value of ticks(x))
    lines.push(text(px(value), HEIGHT - MARGIN.bottom + 16, String(value), "middle"));
  for (const [i, { name, points, dots }] of curves.entries()) {
    const color = COLORS[i % COLORS.length]!;
    const path = points.map(([a, b]) => `${px(a)},${py(b)}`).join(" ");
    lines.push(`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`);
    if (dots) {
      for (const [a, b] of points)
        lines.push(`<circle cx="${px(a)}" cy="${py(b)}" r="3" fill="${color}"/>`);
    }
    const top = MARGIN.top + 14 + 16 * i;
    lines.push(
      `<line x1="${WIDTH - 230}" x2="${WIDTH - 206}" y1="${top - 4}" y2="${top - 4}" stroke="${color}" stroke-width="3"/>`,
      text(WIDTH - 200, top, name, "start"),
    );
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="20" font-size="14" font-weight="bold">${title}</text>`,
    ...lines,
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 10, x.title, "middle"),
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${y.title}</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}

/** Round numbers along an axis: at most about six, or 1, 2, 5 of each power of ten. */
function ticks({ least, most, log }: Axis): number[] {
  if (log) {
    return [100, 200, 500, 1_000, 2_000, 5_000, 10_000].filter((v) => v >= least && v <= most);
  }
  const rough = (most - least) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  return Array.from(
    { length: Math.floor((most - least) / step) + 1 },
    (_, i) => Math.round((least + i * step) * 1e6) / 1e6,
  );
}
