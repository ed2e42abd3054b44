import type { JobView } from "@framequeue/contracts";

/** Shows how a job comes on. */
export interface ProgressDisplay {
  update(view: JobView): void;
  /** Removes what is not to stay. */
  end(): void;
}

const BAR_CELLS = 24;
/** How often a line is printed where there is no terminal to draw on. */
const PLAIN_INTERVAL_MS = 5_000;

/** A bar that redraws itself on a terminal, a line every few seconds elsewhere. */
export function createProgressDisplay(
  stream: NodeJS.WriteStream,
  title: string,
  now: () => number = () => performance.now(),
): ProgressDisplay {
  const rate = createRate(now);
  let lastPlain = now();
  return {
    update(view) {
      const text = describe(view, rate(view));
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${fit(`${title}  ${text}`, stream.columns ?? 80)}`);
      } else if (now() - lastPlain >= PLAIN_INTERVAL_MS) {
        lastPlain = now();
        stream.write(`${title}: ${text}\n`);
      }
    },
    end() {
      if (stream.isTTY) stream.write("\r\u001b[K");
    },
  };
}

/** Frames per second over the last few seconds, of whichever frames the current phase counts. */
function createRate(now: () => number): (view: JobView) => number {
  const points: { at: number; phase: string; done: number }[] = [];
  return (view) => {
    const { phase, done } = phaseOf(view);
    if (points.at(-1)?.phase !== phase) points.length = 0;
    points.push({ at: now(), phase, done });
    while (points.length > 2 && points.at(-1)!.at - points[0]!.at > 3_000) points.shift();
    const [first, last] = [points[0]!, points.at(-1)!];
    return last.at > first.at ? ((last.done - first.done) / (last.at - first.at)) * 1000 : 0;
  };
}

function phaseOf({ state, progress }: JobView): { phase: string; done: number } {
  if (state === "finalizing") return { phase: "rendering", done: progress.rendered };
  if (state === "running") return { phase: "tracking", done: progress.tracked };
  return { phase: state, done: 0 };
}

export function describe(view: JobView, fps: number): string {
  const { phase, done } = phaseOf(view);
  const { total } = view.progress;
  if (done === 0 && phase !== "tracking" && phase !== "rendering") return phase;
  if (total === 0) return `${phase} ${done} frames  ${fps.toFixed(0)} fps`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_CELLS);
  const bar = "█".repeat(filled) + "░".repeat(BAR_CELLS - filled);
  const left = fps > 0 ? `  ${clock((total - done) / fps)} left` : "";
  return `${phase} ${bar} ${(share * 100).toFixed(0)} %  ${done}/${total}  ${fps.toFixed(0)} fps${left}`;
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function fit(text: string, columns: number): string {
  return text.length < columns ? text : text.slice(0, columns - 1);
}
