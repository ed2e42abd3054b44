/** The classes of a scene, in the order of their ids. */
export const classLabels = ["car", "truck", "person"] as const;
export type ClassLabel = (typeof classLabels)[number];

/** x, y, width and height in pixels of the picture. */
export type Box = readonly [number, number, number, number];

/** One object in one frame, exactly as it was drawn. */
export interface GroundTruthBox {
  /** Stays with the object for the whole scene; from 1. */
  readonly id: number;
  /** Index into classLabels. */
  readonly classId: number;
  readonly label: ClassLabel;
  /**
   * The tight box around the pixels that are seen, in half pixels: the scene is drawn at twice the
   * picture's size. Where nothing is seen, the full box clipped to the picture.
   */
  readonly box: Box;
  /** The box around the whole object, hidden parts and parts outside the picture included. */
  readonly fullBox: Box;
  /** The part of the object's pixels inside the picture that nothing hides: 0 to 1. */
  readonly visibility: number;
  /** Whether it counts: a detector is neither blamed for missing the others nor for finding them. */
  readonly scored: boolean;
}

/** What an object must show to count. */
export interface ScoringRule {
  readonly minimumVisibility: number;
  /** Least part of the full box inside the picture. */
  readonly minimumInside: number;
  /** Least longer and shorter side of the box, as shares of the picture's height. */
  readonly minimumLongSide: number;
  readonly minimumShortSide: number;
}

/** At 360 lines: a quarter visible, a third inside, at least 20 by 8 pixels. */
export const scoringRule: ScoringRule = {
  minimumVisibility: 0.25,
  minimumInside: 1 / 3,
  minimumLongSide: 20 / 360,
  minimumShortSide: 8 / 360,
};

/** Whether a box counts under a rule, in a picture of the given size. */
export function counts(
  truth: Pick<GroundTruthBox, "box" | "fullBox" | "visibility">,
  width: number,
  height: number,
  rule: ScoringRule = scoringRule,
): boolean {
  const [, , w, h] = truth.box;
  const [, , , clippedHeight] = clipBox(truth.fullBox, width, height);
  const [, , clippedWidth] = clipBox(truth.fullBox, width, height);
  const inside = (clippedWidth * clippedHeight) / (truth.fullBox[2] * truth.fullBox[3]);
  return (
    truth.visibility >= rule.minimumVisibility &&
    inside >= rule.minimumInside &&
    Math.max(w, h) >= rule.minimumLongSide * height &&
    Math.min(w, h) >= rule.minimumShortSide * height
  );
}

/** The part of a box inside a picture; its sides are 0 if there is none. */
export function clipBox([x, y, w, h]: Box, width: number, height: number): Box {
  const left = Math.min(Math.max(x, 0), width);
  const top = Math.min(Math.max(y, 0), height);
  const right = Math.min(Math.max(x + w, 0), width);
  const bottom = Math.min(Math.max(y + h, 0), height);
  return [left, top, right - left, bottom - top];
}
