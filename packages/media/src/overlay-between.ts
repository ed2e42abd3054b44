import type { DetectionRow, FrameRow, ResultBox, TimeBase } from "@framequeue/contracts";
import type { Point } from "./overlay-shapes.ts";

/** A detection in a frame that was not looked at: its mask is that of the frame before, moved along with the box. */
export interface DrawnDetection extends DetectionRow {
  readonly maskShift?: Point;
}

export interface BetweenTerms {
  readonly everyNth: number;
  /** Of the video. */
  readonly frames: number;
  readonly timeBase: TimeBase;
}

/** What a frame is assumed to last where nothing tells. */
const ASSUMED_SECONDS = 0.04;

/**
 * Rows for every frame of a video of which every n-th was looked at. In between a track moves on a straight line to where
 * it is seen next; what is not seen in the next row, or belongs to no track, stays where it was. Times are spread evenly.
 * Frames from one that has no row until the next that has one get none.
 */
export async function* rowsBetween(
  rows: AsyncIterable<FrameRow>,
  { everyNth, frames, timeBase }: BetweenTerms,
): AsyncGenerator<FrameRow> {
  let step = (ASSUMED_SECONDS * timeBase[1]) / timeBase[0];
  let before: FrameRow | undefined;
  for await (const row of rows) {
    if (before !== undefined) {
      const distance = row.frame - before.frame;
      step = (row.pts - before.pts) / distance;
      const boxes = boxesByTrack(row);
      for (let k = 1; k < Math.min(everyNth, distance); k++) {
        yield moved(before, k, step, boxes, k / distance);
      }
    }
    yield row;
    before = row;
  }
  if (before === undefined) return;
  for (let k = 1; k < Math.min(everyNth, frames - before.frame); k++) {
    yield moved(before, k, step, new Map(), 0);
  }
}

function boxesByTrack({ detections }: FrameRow): Map<number, ResultBox> {
  return new Map(
    detections.flatMap(({ trackId, box }) => (trackId === undefined ? [] : [[trackId, box]])),
  );
}

/** A row some frames later, tracks a share of the way to where they are next. */
function moved(
  row: FrameRow,
  frames: number,
  step: number,
  next: ReadonlyMap<number, ResultBox>,
  share: number,
): FrameRow {
  const detections = row.detections.map((detection): DrawnDetection => {
    const { trackId, box, mask } = detection;
    const to = trackId === undefined ? undefined : next.get(trackId);
    if (to === undefined) return detection;
    const at = box.map((value, i) => value + share * (to[i]! - value)) as ResultBox;
    return {
      ...detection,
      box: at,
      ...(mask && { maskShift: shiftBetween(box, at) }),
    };
  });
  return {
    ...row,
    frame: row.frame + frames,
    pts: Math.round(row.pts + frames * step),
    detections,
  };
}

/** From centre to centre. */
function shiftBetween([ax, ay, aw, ah]: ResultBox, [bx, by, bw, bh]: ResultBox): Point {
  return [bx + bw / 2 - (ax + aw / 2), by + bh / 2 - (ay + ah / 2)];
}
