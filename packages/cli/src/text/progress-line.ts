import type { JobView } from "@framequeue/contracts";

/** How far a piece of work has come, in frames. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
}

export function progressOf({ state, progress }: JobView): Progress {
  const { total } = progress;
  if (state === "finalizing") return { phase: "rendering", done: progress.rendered, total };
  if (state === "running") return { phase: "tracking", done: progress.tracked, total };
  return { phase: state, done: 0, total };
}

/** Shows how work comes on. */
export interface ProgressDisplay {
  update(progress: Progress): void;
  /** Removes what is not to stay. */
  end(): void;
}

const BAR_CELLS = 24;
/** How often a line is printed where there is no terminal to draw on. */
const PLAIN_INTERVAL_MS = 5_000;

/** A bar that redraws itself on a terminal, a line every few seconds elsewhere. */
export function createProgressDisplay(
  stream: Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">,
  title: string,
  now: () => number = () => performance.now(),
): ProgressDisplay {
  const rate = createRate(now);
  let lastPlain = now();
  return {
    update(progress) {
      const text = describe(progress, rate(progress));
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
function createRate(now: () => number): (progress: Progress) => number {
  const points: { at: number; phase: string; done: number }[] = [];
  return ({ phase, done }) => {
    if (points.at(-1)?.phase !== phase) points.length = 0;
    points.push({ at: now(), phase, done });
    while (points.length > 2 && points.at(-1)!.at - points[0]!.at > 3_000) points.shift();
    const [first, last] = [points[0]!, points.at(-1)!];
    return last.at > first.at ? ((last.done - first.done) / (last.at - first.at)) * 1000 : 0;
  };
}

function describe({ phase, done, total }: Progress, fps: number): string {
  if (done === 0) return phase;
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
