import type { IdentifiedBox, TruthBox } from "@framequeue/evaluation";
import { type BoxXywh, iou, xywhToXyxy } from "@framequeue/vision";

/** A strip over the whole height of the picture that hides what is behind it. Source pixels. */
export interface Bar {
  readonly x: number;
  readonly width: number;
}

/**
 * The ground truth of all frames from boxes that somebody drew in some of them: whoever has a box in two key frames
 * that follow each other has moved on a straight line in between. In other frames he is not seen well enough to say.
 */
export function betweenKeyFrames(drawn: readonly IdentifiedBox[]): IdentifiedBox[] {
  const byFrame = Map.groupBy(drawn, ({ frame }) => frame);
  const keys = [...byFrame.keys()].sort((a, b) => a - b);
  return keys.flatMap((from, i) => {
    const to = keys[i + 1];
    if (to === undefined) return byFrame.get(from)!;
    const later = new Map(byFrame.get(to)!.map(({ id, boxXywh }) => [id, boxXywh]));
    return byFrame.get(from)!.flatMap(({ id, boxXywh }) => {
      const target = later.get(id);
      if (target === undefined) return [{ frame: from, id, boxXywh }];
      return Array.from({ length: to - from }, (_, step) => {
        const share = step / (to - from);
        return { frame: from + step, id, boxXywh: blend(boxXywh, target, share) };
      });
    });
  });
}

function blend(a: BoxXywh, b: BoxXywh, share: number): BoxXywh {
  return a.map((value, i) => value + share * (b[i]! - value)) as unknown as BoxXywh;
}

/** Whoever touches a bar need not be found: how much of him a detector should see is nobody's guess. */
export function behindBars(boxes: readonly IdentifiedBox[], bars: readonly Bar[]): TruthBox[] {
  return boxes.map((box) => {
    const [left, , width] = box.boxXywh;
    const isHidden = bars.some((bar) => left < bar.x + bar.width && left + width > bar.x);
    return { ...box, use: isHidden ? "ignored" : "scored" };
  });
}

/**
 * What was predicted of those in the ground truth: boxes that overlap one of theirs by half. The rest is of others,
 * whom nobody drew.
 */
export function ofTheDrawn(
  predictions: readonly IdentifiedBox[],
  truth: readonly IdentifiedBox[],
): IdentifiedBox[] {
  const byFrame = Map.groupBy(truth, ({ frame }) => frame);
  return predictions.filter((box) => nearest(box, byFrame.get(box.frame)) !== undefined);
}

/**
 * How often somebody was away, unseen or not to be found, and was followed on both sides of that; and how often he
 * still had his id.
 *
 * @param awayFrames least number of frames between two that count
 */
export function returnsOf(
  truth: readonly TruthBox[],
  predictions: readonly IdentifiedBox[],
  awayFrames: number,
): { readonly kept: number; readonly of: number } {
  const byFrame = Map.groupBy(predictions, ({ frame }) => frame);
  const scored = truth.filter(({ use }) => use === "scored").sort((a, b) => a.frame - b.frame);
  let kept = 0;
  let of = 0;
  for (const path of Map.groupBy(scored, ({ id }) => id).values()) {
    let known: number | undefined;
    let isBack = false;
    for (const [i, box] of path.entries()) {
      if (i > 0 && box.frame - path[i - 1]!.frame > awayFrames) isBack = known !== undefined;
      const id = nearest(box, byFrame.get(box.frame))?.id;
      if (id === undefined) continue;
      if (isBack) of++;
      if (isBack && id === known) kept++;
      known = id;
      isBack = false;
    }
  }
  return { kept, of };
}

/** The box of the same frame that overlaps most, by half at least. */
function nearest<B extends IdentifiedBox>(
  { boxXywh }: IdentifiedBox,
  boxes: readonly B[] = [],
): B | undefined {
  let found: B | undefined;
  let most = 0.5;
  for (const box of boxes) {
    const overlap = iou(xywhToXyxy(box.boxXywh), xywhToXyxy(boxXywh));
    if (overlap < most || (overlap === most && found !== undefined)) continue;
    found = box;
    most = overlap;
  }
  return found;
}
