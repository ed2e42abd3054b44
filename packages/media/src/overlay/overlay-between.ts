import type { DetectionRow, FrameRow, ResultBox } from "@framequeue/contracts";
import type { FrameClock } from "../decode/frame-clock.ts";
import type { Point } from "./overlay-shapes.ts";

/** A detection in a frame that was not looked at: its mask is that of the frame before, moved along with the box. */
export interface DrawnDetection extends DetectionRow {
  readonly maskShift?: Point;
}

export interface BetweenTerms {
  readonly everyNth: number;
  /** Of every frame that decodes. */
  readonly clock: FrameClock;
}

/**
 * Rows for every frame of a video of which every n-th was looked at. In between a track moves on a straight line, as the
 * time goes, to where it is seen next; one that is not seen in the next row goes on as it came, and what belongs to no
 * track stays where it was. Frames from one that has no row until the next that has one get none.
 */
export async function* rowsBetween(
  rows: AsyncIterable<FrameRow>,
  { everyNth, clock }: BetweenTerms,
): AsyncGenerator<FrameRow> {
  const frames = clock.ticks.length;
  let earlier: FrameRow | undefined;
  let before: FrameRow | undefined;
  for await (const row of rows) {
    if (before !== undefined) {
      const behind = Math.min(everyNth, row.frame - before.frame);
      yield* following(before, waysOf(before, earlier, row), clock, row.frame, behind);
    }
    yield row;
    [earlier, before] = [before, row];
  }
  if (before === undefined) return;
  const behind = Math.min(everyNth, frames - before.frame);
  yield* following(before, waysOf(before, earlier, undefined), clock, frames, behind);
}

/** What a box changes by from frame to frame. */
type Way = ResultBox;

/** The ways of a row's detections; undefined where one stays where it is. */
function waysOf(
  row: FrameRow,
  earlier: FrameRow | undefined,
  next: FrameRow | undefined,
): (Way | undefined)[] {
  const [from, to] = [boxesByTrack(earlier), boxesByTrack(next)];
  return row.detections.map(({ trackId, box }) => {
    if (trackId === undefined) return undefined;
    const target = to.get(trackId);
    if (target !== undefined) return wayTo(box, target, next!.frame - row.frame);
    const origin = from.get(trackId);
    if (origin === undefined) return undefined;
    const [dx, dy] = shiftBetween(origin, box);
    const distance = row.frame - earlier!.frame;
    return [dx / distance, dy / distance, 0, 0];
  });
}

function boxesByTrack(row: FrameRow | undefined): Map<number, ResultBox> {
  return new Map(
    (row?.detections ?? []).flatMap(({ trackId, box }) =>
      trackId === undefined ? [] : [[trackId, box]],
    ),
  );
}

function wayTo(from: ResultBox, to: ResultBox, frames: number): Way {
  return from.map((value, i) => (to[i]! - value) / frames) as Way;
}

/**
 * The frames behind a row, up to that one which is so many frames behind it.
 *
 * @param ways per frame, were the frames until `next` spread evenly
 */
function* following(
  row: FrameRow,
  ways: readonly (Way | undefined)[],
  clock: FrameClock,
  next: number,
  behind: number,
): Generator<FrameRow> {
  const start = clock.at(row.frame);
  const step = (clock.at(next) - start) / (next - row.frame);
  for (let k = 1; k < behind; k++) {
    const frame = row.frame + k;
    const passed = (clock.at(frame) - start) / step;
    yield {
      ...row,
      frame,
      pts: clock.at(frame),
      detections: row.detections.map((detection, i) => moved(detection, ways[i], passed)),
    };
  }
}

function moved(detection: DetectionRow, way: Way | undefined, frames: number): DrawnDetection {
  if (way === undefined) return detection;
  const { box, mask } = detection;
  const at = box.map((value, i) => value + frames * way[i]!) as ResultBox;
  return { ...detection, box: at, ...(mask && { maskShift: shiftBetween(box, at) }) };
}

/** From centre to centre. */
function shiftBetween([ax, ay, aw, ah]: ResultBox, [bx, by, bw, bh]: ResultBox): Point {
  return [bx + bw / 2 - (ax + aw / 2), by + bh / 2 - (ay + ah / 2)];
}
