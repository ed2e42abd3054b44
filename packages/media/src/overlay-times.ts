import type { FrameRow, MediaInfo, TimeBase } from "@framequeue/contracts";

/**
 * Subtitles count in hundredths of a second, which is too coarse for frames 2 ms apart. So the video is slowed down by
 * this factor while they are burned in, and a hundredth of a subtitle is a millisecond of the source.
 */
export const SLOWDOWN = 10;

/**
 * Subtitles have no negative times, but frames may come before the container's start (edit lists), so everything happens
 * so many seconds later.
 */
const SHIFT_SECONDS = 1000;

/** A frame and when it is on the screen: milliseconds of the shifted clock, end exclusive. */
export interface TimedRow {
  readonly row: FrameRow;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Gives each frame the span from half way to the frame before to half way to the frame after, so that rounding on
 * either side does not matter. Frames of equal time come one tick after another, as `slowDownFilter` makes them. Where
 * the next row is not the next frame, the distance of the last two frames is assumed.
 */
export async function* timeRows(
  rows: AsyncIterable<FrameRow> | Iterable<FrameRow>,
  info: Pick<MediaInfo, "timeBase" | "startSeconds">,
): AsyncGenerator<TimedRow> {
  const tickMs = (info.timeBase[0] / info.timeBase[1]) * 1000;
  const shift = shiftTicks(info.timeBase);
  const toMs = (ticks: number) =>
    Math.max(0, Math.round((ticks + shift) * tickMs - info.startSeconds * 1000));
  let step = Math.max(1, 40 / tickMs);
  let current: { row: FrameRow; ticks: number; start: number } | undefined;
  for await (const row of rows) {
    const ticks = Math.max(row.pts, (current?.ticks ?? Number.NEGATIVE_INFINITY) + 1);
    const adjacent = current !== undefined && row.frame === current.row.frame + 1;
    if (current) {
      if (adjacent) step = ticks - current.ticks;
      const end = current.ticks + step / 2;
      yield { row: current.row, startMs: toMs(current.start), endMs: toMs(end) };
    }
    current = { row, ticks, start: ticks - step / 2 };
  }
  if (current) {
    const end = current.ticks + step / 2;
    yield { row: current.row, startMs: toMs(current.start), endMs: toMs(end) };
  }
}

/**
 * The `setpts` filter that shifts and slows down, before the overlay; it moves frames of equal or falling time one tick
 * after the frame before.
 */
export function slowDownFilter(timeBase: TimeBase): string {
  const slow = `(PTS+${shiftTicks(timeBase)})*${SLOWDOWN}`;
  return `setpts=if(isnan(PREV_OUTPTS)\\,${slow}\\,max(${slow}\\,PREV_OUTPTS+${SLOWDOWN}))`;
}

/** The `setpts` filter that gives frames their times back, to the tick. */
export function speedUpFilter(timeBase: TimeBase): string {
  return `setpts=PTS/${SLOWDOWN}-${shiftTicks(timeBase)}`;
}

function shiftTicks([numerator, denominator]: TimeBase): number {
  return Math.ceil((SHIFT_SECONDS * denominator) / numerator);
}
