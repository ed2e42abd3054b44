import type { Tuning } from "@framequeue/contracts";

const WIDTH = 600;
const HEIGHT = 320;
const MARGIN = { left: 60, right: 170, top: 56, bottom: 44 };
/** Between the axis and the first and last points. */
const INSET = 28;
const COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#8250df", "#bf8700", "#57606a"];
const INK = "#24292f";

type Setting = Tuning["settings"][number];

/**
 * Frames per second by pictures per tensor, a line for each way to use the processor, as an SVG picture. Settings beyond
 * the latency limit are hollow; the chosen one has a ring.
 */
export function plotTuning(tuning: Tuning, title: string): string {
  const { settings, chosen, latencyLimitMs } = tuning;
  const lines = Map.groupBy(settings, ({ threads, sessions }) => shapeName({ threads, sessions }));
  const batches = new Set(settings.map(({ batch }) => batch));
  const most = Math.max(...batches);
  const ticks = ticksFor(Math.max(...settings.map(({ framesPerSecond }) => framesPerSecond)));
  const [left, right] = [MARGIN.left, WIDTH - MARGIN.right];
  const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
  // a model of a fixed batch has one column, in the middle
  const x = (batch: number): number =>
    batches.size === 1
      ? (left + right) / 2
      : left + INSET + ((right - left - 2 * INSET) * Math.log2(batch)) / Math.log2(most);
  const y = (fps: number): number => bottom - ((bottom - top) * fps) / ticks.at(-1)!;
  const dot = (setting: Setting, colour: string): string =>
    point(x(setting.batch), y(setting.framesPerSecond), colour, setting.latencyMs > latencyLimitMs);

  const parts: string[] = [
    text(14, 22, title, "font-weight='bold'"),
    text(14, top - 12, "frames/s"),
    text((left + right) / 2, HEIGHT - 8, "pictures per tensor", "text-anchor='middle'"),
  ];
  for (const tick of ticks) {
    const at = y(tick);
    parts.push(
      `<line x1='${left}' x2='${right}' y1='${at.toFixed(1)}' y2='${at.toFixed(1)}' stroke='#d0d7de'/>`,
      text(left - 8, at + 4, String(tick), "text-anchor='end'"),
    );
  }
  for (const batch of batches) {
    parts.push(text(x(batch), bottom + 18, String(batch), "text-anchor='middle'"));
  }
  const legend: [mark: (at: number) => string, name: string, colour: string][] = [];
  for (const [i, [name, of]] of [...lines].entries()) {
    const colour = COLOURS[i % COLOURS.length]!;
    const sorted = of.toSorted((a, b) => a.batch - b.batch);
    const corners = sorted.map(
      ({ batch, framesPerSecond }) => `${x(batch).toFixed(1)},${y(framesPerSecond).toFixed(1)}`,
    );
    parts.push(
      `<polyline fill='none' stroke='${colour}' stroke-width='2' points='${corners.join(" ")}'/>`,
      ...sorted.map((setting) => dot(setting, colour)),
    );
    legend.push([(at) => point(right + 22, at, colour, false), name, colour]);
  }
  const best = settings.find(
    ({ batch, threads, sessions }) =>
      batch === chosen.batch && threads === chosen.threads && sessions === chosen.sessions,
  );
  if (best !== undefined) parts.push(ring(x(best.batch), y(best.framesPerSecond)));
  legend.push([(at) => ring(right + 22, at), "chosen", INK]);
  if (settings.some(({ latencyMs }) => latencyMs > latencyLimitMs)) {
    legend.push([(at) => point(right + 22, at, INK, true), `over ${latencyLimitMs} ms`, INK]);
  }
  for (const [i, [mark, name, colour]] of legend.entries()) {
    const at = top + 8 + 20 * i;
    parts.push(mark(at), text(right + 34, at + 4, name, `fill='${colour}'`));
  }
  return (
    `<svg xmlns='http://www.w3.org/2000/svg' width='${WIDTH}' height='${HEIGHT}' ` +
    `font-family='sans-serif' font-size='12'><rect width='100%' height='100%' fill='white'/>` +
    `${parts.join("")}</svg>\n`
  );
}

/** Round numbers from 0 to one that is not below the largest value: four to six of them. */
export function ticksFor(largest: number): number[] {
  const rough = Math.max(largest, 1e-3) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough)!;
  const count = Math.ceil(largest / step);
  // 0.1 + 0.2 is not 0.3
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

function point(x: number, y: number, colour: string, isHollow: boolean): string {
  const fill = isHollow ? `fill='white' stroke='${colour}' stroke-width='1.5'` : `fill='${colour}'`;
  return `<circle cx='${x.toFixed(1)}' cy='${y.toFixed(1)}' r='3.5' ${fill}/>`;
}

function ring(x: number, y: number): string {
  return `<circle cx='${x.toFixed(1)}' cy='${y.toFixed(1)}' r='7' fill='none' stroke='${INK}' stroke-width='2'/>`;
}

/** For people: `2 sessions × 1 thread`. */
export function shapeName({ threads, sessions }: { threads: number; sessions: number }): string {
  const count = (number: number, word: string): string =>
    `${number} ${word}${number === 1 ? "" : "s"}`;
  return `${count(sessions, "session")} × ${count(threads, "thread")}`;
}

function text(x: number, y: number, content: string, more = ""): string {
  const escaped = content.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return `<text x='${x.toFixed(1)}' y='${y.toFixed(1)}' ${more}>${escaped}</text>`;
}
