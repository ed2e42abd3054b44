import type { TimeBase } from "@framequeue/contracts";

/** A clock that falls back by more than this was set anew: two recordings in one file. Less is a disorder of one. */
const RESTART_SECONDS = 1;

/**
 * A clock that leaps ahead by more than this was set anew too: demuxers take a clock of MPEG-TS that was set back for one
 * that went past its end, 26 hours later.
 */
const LEAP_SECONDS = 6 * 3600;

/** MP4 cannot show a picture for longer. */
const MOST_TICKS = 2 ** 31 - 1;

/** From the last picture before a clock was set anew to the first after it. */
const RESTART_STEP_SECONDS = 0.04;

/**
 * When each frame of a source is shown, in ticks that rise from frame to frame. That is the frame's own pts, but for two
 * faults: a frame whose time does not come after that of the frame before is shown one tick after it, and where the clock
 * was set anew, what follows goes on where it had come to.
 */
export class FrameClock {
  readonly timeBase: TimeBase;
  /** By the number of the frame among those that decode. */
  readonly ticks: Float64Array;
  /** How often the clock was set anew. */
  readonly restarts: number;

  /** @param pts of every frame that decodes, in their order */
  constructor(pts: ArrayLike<number>, timeBase: TimeBase) {
    const { fall, leap, step } = restartTicks(timeBase);
    const ticks = new Float64Array(pts.length);
    let offset = 0;
    let restarts = 0;
    for (let i = 0; i < ticks.length; i++) {
      const before = i === 0 ? Number.NEGATIVE_INFINITY : ticks[i - 1]!;
      let at = pts[i]! + offset;
      if (i > 0 && (at < before - fall || at > before + leap)) {
        offset += before + step - at;
        at = before + step;
        restarts++;
      }
      ticks[i] = Math.max(at, before + 1);
    }
    this.timeBase = timeBase;
    this.ticks = ticks;
    this.restarts = restarts;
  }

  /** The tick of a frame; behind the last one, frames follow as the last two did. */
  at(frame: number): number {
    const { ticks } = this;
    const known = ticks[frame];
    if (known !== undefined) return known;
    const last = ticks.length - 1;
    return last < 0 ? frame : ticks[last]! + (frame - last) * this.lastStep;
  }

  /** Ticks between the last two frames; of a video with fewer, those of 40 ms. */
  get lastStep(): number {
    const { ticks } = this;
    return ticks.length < 2
      ? Math.max(1, restartTicks(this.timeBase).step)
      : ticks.at(-1)! - ticks.at(-2)!;
  }

  /** The least distance between two frames, in ticks; Infinity where there are fewer than two. */
  get leastStep(): number {
    return this.ticks.reduce(
      (least, tick, i) => (i === 0 ? least : Math.min(least, tick - this.ticks[i - 1]!)),
      Number.POSITIVE_INFINITY,
    );
  }
}

/**
 * The same clock as an expression of ffmpeg's `setpts`, with every tick `shift` later and then `slowdown` times as long.
 * ffmpeg keeps the variables 0 (how far the clock was set anew so far) and 1 from frame to frame, and forgets them where
 * it sets up its filters anew.
 */
export function clockExpression(timeBase: TimeBase, shift: number, slowdown: number): string {
  const { fall, leap, step } = restartTicks(timeBase);
  const own = `(PTS+${shift})*${slowdown}`;
  return (
    `st(1,${own}+ld(0));` +
    `if(lt(ld(1),PREV_OUTPTS-${fall * slowdown})+gt(ld(1),PREV_OUTPTS+${leap * slowdown}),` +
    `st(0,ld(0)+PREV_OUTPTS+${step * slowdown}-ld(1)));` +
    `if(isnan(PREV_OUTPTS),ld(1),max(${own}+ld(0),PREV_OUTPTS+${slowdown}))`
  );
}

function restartTicks([numerator, denominator]: TimeBase) {
  return {
    leap: Math.min(MOST_TICKS, Math.ceil((LEAP_SECONDS * denominator) / numerator)),
    fall: Math.ceil((RESTART_SECONDS * denominator) / numerator),
    step: Math.max(1, Math.round((RESTART_STEP_SECONDS * denominator) / numerator)),
  };
}
