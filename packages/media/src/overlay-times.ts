import type { FrameRow, MediaInfo } from "@framequeue/contracts";

/**
 * Subtitles count in hundredths of a second, which is too coarse for frames 2 ms apart. So the video is slowed down by
 * this factor while they are burned in, and a hundredth of a subtitle is a millisecond of the source.
 */
export const SLOWDOWN = 10;

/** A frame and when it is on the screen: milliseconds from the start of the container, end exclusive. */
export interface TimedRow {
  readonly row: FrameRow;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Gives each frame the span from half way to the frame before to half way to the frame after, so that rounding on
 * either side does not matter. Frames of equal time come one tick after another, as `SLOW_DOWN_FILTER` makes them. Where
 * the next row is not the next frame, the distance of the last two frames is assumed.
 */
export async function* timeRows(
  rows: AsyncIterable<FrameRow> | Iterable<FrameRow>,
  info: Pick<MediaInfo, "timeBase" | "startSeconds">,
): AsyncGenerator<TimedRow> {
  const tickMs = (info.timeBase[0] / info.timeBase[1]) * 1000;
  const toMs = (ticks: number) =>
    Math.max(0, Math.round(ticks * tickMs - info.startSeconds * 1000));
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

/** `setpts` that slows down, and moves frames of equal or falling time one tick after the frame before. */
export const SLOW_DOWN_FILTER = `setpts=if(isnan(PREV_OUTPTS)\\,PTS*${SLOWDOWN}\\,max(PTS*${SLOWDOWN}\\,PREV_OUTPTS+${SLOWDOWN}))`;
export const SPEED_UP_FILTER = `setpts=PTS/${SLOWDOWN}`;
