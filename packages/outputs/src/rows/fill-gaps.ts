import type { PartRow, TrackTuple } from "@framequeue/contracts";
import { boxDecimals, roundTo } from "@framequeue/vision";

/** Where a track was last. */
interface Place {
  readonly frame: number;
  readonly tuple: TrackTuple;
}

/**
 * Rows in which tracks go on through frames where nothing was seen of them: where a track is missing for at most
 * `maxFrames` frames and then comes back, it is put on a straight line from where it was to where it is again, as
 * predicted (`detection` -1), with score 0. Frames without a result stay as they are, and those that were not looked at
 * get none.
 *
 * Rows come out in their order, each as many rows late as make `maxFrames` frames; no more than these are held.
 *
 * @param rows by frame, without one missing that is a multiple of `everyNth`
 */
export async function* fillGaps(
  rows: AsyncIterable<PartRow>,
  maxFrames: number,
  everyNth = 1,
): AsyncGenerator<PartRow> {
  const maxRows = Math.floor(maxFrames / everyNth);
  const held: PartRow[] = [];
  const places = new Map<number, Place>();
  for await (const row of rows) {
    if (!("gap" in row)) {
      for (const tuple of row.tracks) fillBefore(held, places.get(tuple[0]), row.frame, tuple);
      for (const tuple of row.tracks) places.set(tuple[0], { frame: row.frame, tuple });
    }
    held.push("gap" in row ? row : { ...row, tracks: [...row.tracks] });
    if (held.length <= maxRows) continue;
    yield inOrder(held.shift()!);
    for (const [trackId, { frame }] of places) {
      if (frame < row.frame - maxRows * everyNth) places.delete(trackId);
    }
  }
  for (const row of held) yield inOrder(row);
}

/** Puts a track that is back into the held rows since it was last there, if these go back so far. */
function fillBefore(
  held: readonly PartRow[],
  before: Place | undefined,
  frame: number,
  tuple: TrackTuple,
): void {
  if (before === undefined) return;
  for (const row of held) {
    if ("gap" in row || row.frame <= before.frame) continue;
    const share = (row.frame - before.frame) / (frame - before.frame);
    row.tracks.push(between(before.tuple, tuple, share));
  }
}

/** @param share of the way, 0 to 1 */
function between(from: TrackTuple, to: TrackTuple, share: number): TrackTuple {
  const mix = (i: 1 | 2 | 3 | 4): number =>
    roundTo(from[i] + share * (to[i] - from[i]), boxDecimals);
  return [from[0], mix(1), mix(2), mix(3), mix(4), from[5], 0, -1];
}

/** Tracks by their ids, as track left them. */
function inOrder(row: PartRow): PartRow {
  if (!("gap" in row)) row.tracks.sort(([a], [b]) => a - b);
  return row;
}
