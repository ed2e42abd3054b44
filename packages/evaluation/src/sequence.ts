import { xywhToXyxy } from "@framequeue/vision";
import type { BoxXywh } from "@framequeue/vision";
import { iouMatrix, solveAssignment } from "@framequeue/tracking";

/** A box with an identity; rows of MOTChallenge text are such boxes. */
export interface IdentifiedBox {
  /** Frames with the same number belong together; only their order matters. */
  readonly frame: number;
  /** One box per frame and id. */
  readonly id: number;
  readonly boxXywh: BoxXywh;
}

/**
 * What a box of the ground truth is for. `scored`: it has to be found. `ignored`: it need not be found, and whoever finds
 * it is not blamed. `bystander`: it need not be found, and a prediction on it is a false alarm like any other.
 */
export type TruthUse = "scored" | "ignored" | "bystander";

export interface TruthBox extends IdentifiedBox {
  readonly use: TruthUse;
}

/** One frame: dense indices of the identities in it, and how their boxes overlap. */
export interface EvaluationFrame {
  readonly objects: readonly number[];
  readonly tracks: readonly number[];
  /** IoU, row-major `[objects.length, tracks.length]`. */
  readonly overlaps: Float64Array;
}

/** Scored objects and the predictions that are judged, frame by frame. */
export interface EvaluationSequence {
  readonly frames: readonly EvaluationFrame[];
  readonly objectCount: number;
  readonly trackCount: number;
}

/** A prediction lies on an ignored object from this overlap on, whatever the threshold of the scores. */
const IGNORED_IOU = 0.5;

/** Overlaps that equal a threshold on paper can fall short of it by one rounding step. */
export const ROUNDING = Number.EPSILON;

/**
 * Lines up ground truth and predictions.
 *
 * Predictions on ignored objects are taken out first, by the rule of the MOTChallenge evaluation: in each frame all
 * boxes of the ground truth, scored or not, are assigned to the predictions so that the sum of the overlaps of at least
 * 0.5 is greatest; a prediction that got an ignored object is neither right nor wrong. One that fits a scored and an
 * ignored object goes where the sum is greatest, even if the scored object is then missed.
 *
 * @throws RangeError if an id appears twice in a frame
 */
export function alignSequence(
  truth: readonly TruthBox[],
  predictions: readonly IdentifiedBox[],
): EvaluationSequence {
  const truthByFrame = byFrame(truth, "ground truth");
  const predictionsByFrame = byFrame(predictions, "predictions");
  const objectIndex = new Map<number, number>();
  const trackIndex = new Map<number, number>();
  const numbers = [...new Set([...truthByFrame.keys(), ...predictionsByFrame.keys()])];
  const frames = numbers
    .sort((a, b) => a - b)
    .map((number): EvaluationFrame => {
      const present = truthByFrame.get(number) ?? [];
      const judged = withoutIgnored(present, predictionsByFrame.get(number) ?? []);
      const scored = present.filter(({ use }) => use === "scored");
      return {
        objects: scored.map(({ id }) => indexOf(objectIndex, id)),
        tracks: judged.map(({ id }) => indexOf(trackIndex, id)),
        overlaps: overlapsOf(scored, judged),
      };
    });
  return { frames, objectCount: objectIndex.size, trackCount: trackIndex.size };
}

function byFrame<B extends IdentifiedBox>(boxes: readonly B[], name: string): Map<number, B[]> {
  const frames = Map.groupBy(boxes, ({ frame }) => frame);
  for (const [frame, present] of frames) {
    const ids = new Set<number>();
    for (const { id } of present) {
      if (ids.has(id)) throw new RangeError(`${name}: id ${id} is twice in frame ${frame}`);
      ids.add(id);
    }
  }
  return frames;
}

function withoutIgnored(
  truth: readonly TruthBox[],
  predictions: readonly IdentifiedBox[],
): readonly IdentifiedBox[] {
  if (predictions.length === 0 || !truth.some(({ use }) => use === "ignored")) return predictions;
  const gains = overlapsOf(truth, predictions).map((overlap) =>
    overlap < IGNORED_IOU - ROUNDING ? 0 : overlap,
  );
  const columns = predictions.length;
  const columnOfRow = solveAssignment(
    gains.map((gain) => -gain),
    truth.length,
    columns,
  );
  const removed = new Set<number>();
  for (const [row, { use }] of truth.entries()) {
    const column = columnOfRow[row]!;
    if (use === "ignored" && column >= 0 && gains[row * columns + column]! > 0) removed.add(column);
  }
  return predictions.filter((_, column) => !removed.has(column));
}

function overlapsOf(a: readonly IdentifiedBox[], b: readonly IdentifiedBox[]): Float64Array {
  return iouMatrix(
    a.map(({ boxXywh }) => xywhToXyxy(boxXywh)),
    b.map(({ boxXywh }) => xywhToXyxy(boxXywh)),
  );
}

function indexOf(indices: Map<number, number>, id: number): number {
  const known = indices.get(id) ?? indices.size;
  indices.set(id, known);
  return known;
}
