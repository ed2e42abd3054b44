import type { Tuning } from "@framequeue/contracts";

const WIDTH = 560;
const HEIGHT = 300;
const MARGIN = { left: 60, right: 150, top: 36, bottom: 40 };
const COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#8250df", "#bf8700", "#57606a"];

/** Frames per second by pictures per tensor, a line for each way to use the processor, as an SVG picture. */
export function plotTuning(tuning: Tuning, title: string): string {
  const { settings, chosen } = tuning;
  const lines = Map.groupBy(settings, ({ threads, sessions }) => shapeName({ threads, sessions }));
  const most = Math.max(...settings.map(({ batch }) => batch), 2);
  const fastest = Math.max(...settings.map(({ framesPerSecond }) => framesPerSecond));
  const plot = {
    width: WIDTH - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const x = (batch: number): number =>
    MARGIN.left + (plot.width * Math.log2(batch)) / Math.log2(most);
  const y = (fps: number): number => MARGIN.top + plot.height * (1 - fps / (1.1 * fastest));
  const parts: string[] = [
    text(MARGIN.left, 20, title, "font-weight='bold'"),
    text(WIDTH / 2 - MARGIN.right / 2, HEIGHT - 6, "pictures per tensor", "text-anchor='middle'"),
    text(10, MARGIN.top - 8, "frames/s"),
  ];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const at = y(share * fastest).toFixed(1);
    parts.push(
      `<line x1='${MARGIN.left}' x2='${MARGIN.left + plot.width}' y1='${at}' y2='${at}' stroke='#d0d7de'/>`,
      text(MARGIN.left - 6, Number(at) + 4, (share * fastest).toFixed(0), "text-anchor='end'"),
    );
  }
  for (const batch of new Set(settings.map((setting) => setting.batch))) {
    parts.push(text(x(batch), HEIGHT - MARGIN.bottom + 16, String(batch), "text-anchor='middle'"));
  }
  for (const [i, [name, of]] of [...lines].entries()) {
    const colour = COLOURS[i % COLOURS.length]!;
    const points = of
      .toSorted((a, b) => a.batch - b.batch)
      .map(({ batch, framesPerSecond }) => [x(batch).toFixed(1), y(framesPerSecond).toFixed(1)]);
    parts.push(
      `<polyline fill='none' stroke='${colour}' stroke-width='2' points='${points.map((at) => at.join()).join(" ")}'/>`,
      ...points.map(([px, py]) => `<circle cx='${px}' cy='${py}' r='3' fill='${colour}'/>`),
      text(WIDTH - MARGIN.right + 12, MARGIN.top + 14 + 18 * i, name, `fill='${colour}'`),
    );
  }
  const best = settings.find(
    ({ batch, threads, sessions }) =>
      batch === chosen.batch && threads === chosen.threads && sessions === chosen.sessions,
  );
  if (best !== undefined) {
    const at = `cx='${x(best.batch).toFixed(1)}' cy='${y(best.framesPerSecond).toFixed(1)}'`;
    parts.push(`<circle ${at} r='7' fill='none' stroke='#24292f' stroke-width='2'/>`);
  }
  return (
    `<svg xmlns='http://www.w3.org/2000/svg' width='${WIDTH}' height='${HEIGHT}' ` +
    `font-family='sans-serif' font-size='12'><rect width='100%' height='100%' fill='white'/>` +
    `${parts.join("")}</svg>\n`
  );
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
