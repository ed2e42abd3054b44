import type { FrameRow, MediaInfo, TimeBase } from "@framequeue/contracts";
import { clockExpression, type FrameClock } from "../decode/frame-clock.ts";

/**
 * Subtitles have no negative times, but frames may come before the container's start (edit lists), so everything happens
 * so many seconds later.
 */
const SHIFT_SECONDS = 1000;

/** Ticks beyond which a double, in which ffmpeg counts, is no integer any more. */
const MOST_TICKS = 2 ** 52;

/** A frame and when it is on the screen: hundredths of a second of the shifted and slowed clock, end exclusive. */
export interface TimedRow {
  readonly row: FrameRow;
  readonly start: number;
  readonly end: number;
}

/**
 * Subtitles count in hundredths of a second, which is too coarse for frames 2 ms apart. So the video is slowed down
 * while they are burned in: by ten, so that a hundredth is a millisecond of the source, or by as many tens as it takes
 * for two frames to be two hundredths apart.
 */
export function slowdownOf(clock: FrameClock): number {
  const [numerator, denominator] = clock.timeBase;
  const hundredths = (clock.leastStep * numerator * 100) / denominator;
  const most =
    MOST_TICKS / (Math.abs(clock.at(clock.ticks.length - 1)) + shiftTicks(clock.timeBase));
  let slowdown = 10;
  while (hundredths * slowdown < 2 && slowdown * 10 < most) slowdown *= 10;
  return slowdown;
}

/**
 * Gives each frame the span from half way to the frame before to half way to the frame after, so that rounding on
 * either side does not matter.
 *
 * @param rows whose frames count among those that decode
 */
export async function* timeRows(
  rows: AsyncIterable<FrameRow> | Iterable<FrameRow>,
  { startSeconds }: Pick<MediaInfo, "startSeconds">,
  clock: FrameClock,
): AsyncGenerator<TimedRow> {
  const [numerator, denominator] = clock.timeBase;
  const hundredths = slowdownOf(clock) * 100;
  const shift = shiftTicks(clock.timeBase);
  const toTime = (ticks: number): number => {
    const seconds = ((ticks + shift) * numerator) / denominator - startSeconds;
    return Math.max(0, Math.round(seconds * hundredths));
  };
  for await (const row of rows) {
    const at = clock.at(row.frame);
    const after = clock.at(row.frame + 1) - at;
    const before = row.frame === 0 ? after : at - clock.at(row.frame - 1);
    yield { row, start: toTime(at - before / 2), end: toTime(at + after / 2) };
  }
}

/** The `setpts` filter that puts frames on their clock, shifts it and slows it down, before the overlay. */
export function slowDownFilter(timeBase: TimeBase, slowdown: number): string {
  return `setpts='${clockExpression(timeBase, shiftTicks(timeBase), slowdown)}'`;
}

/** The `setpts` filter that gives frames the times of their clock back, to the tick. */
export function speedUpFilter(timeBase: TimeBase, slowdown: number): string {
  return `setpts=PTS/${slowdown}-${shiftTicks(timeBase)}`;
}

function shiftTicks([numerator, denominator]: TimeBase): number {
  return Math.ceil((SHIFT_SECONDS * denominator) / numerator);
}
