import {
  type BoxXyxy,
  decodeLandmarks,
  encodeLandmarks,
  type Landmarks,
  pickLandmarks,
  placesOfLandmarks,
  type Size,
} from "@framequeue/vision";
import type { CameraMotion } from "./camera-motion.ts";
import { fitSimilarity } from "./fit-similarity.ts";
import { matchLandmarks } from "./match-landmarks.ts";

/** How far a landmark may lie from where the camera's motion puts it, as a share of the picture's longer side. */
const TOLERANCE = 0.004;

/**
 * Tells how the camera moves from the landmarks of one picture after another. It keeps those of the last picture that had
 * any, so that a gap in between is a longer step and nothing else.
 */
export class CameraFollower {
  readonly #size: Size;
  #last: Landmarks | undefined;

  /**
   * @param size of the source's picture: motions are in its pixels
   * @param saved as `save` gave it
   */
  constructor(size: Size, saved = "") {
    this.#size = size;
    if (saved !== "") this.#last = decodeLandmarks(saved);
  }

  /**
   * Takes the landmarks of the next picture. Those inside a box move with an object rather than with the world, and are
   * not looked at.
   *
   * @param boxes source pixels
   * @returns the motion since the last picture; undefined where it cannot be told, as in the first
   */
  see(landmarks: Landmarks, boxes: readonly BoxXyxy[]): CameraMotion | undefined {
    const current = this.#outside(landmarks, boxes);
    if (current.positions.length === 0) return undefined;
    const former = this.#last;
    this.#last = current;
    return former && this.#motion(former, current);
  }

  /** The landmarks to go on from; empty where there are none. */
  save(): string {
    return this.#last === undefined ? "" : encodeLandmarks(this.#last);
  }

  #outside(landmarks: Landmarks, boxes: readonly BoxXyxy[]): Landmarks {
    const places = placesOfLandmarks(landmarks, this.#size);
    const kept: number[] = [];
    for (let i = 0; i < places.length / 2; i++) {
      const [x, y] = [places[2 * i]!, places[2 * i + 1]!];
      const isInside = boxes.some(([x1, y1, x2, y2]) => x >= x1 && x <= x2 && y >= y1 && y <= y2);
      if (!isInside) kept.push(i);
    }
    return pickLandmarks(landmarks, kept);
  }

  #motion(former: Landmarks, current: Landmarks): CameraMotion | undefined {
    const pairs = matchLandmarks(former, current);
    const from = placesOfLandmarks(
      pickLandmarks(
        former,
        pairs.map(([before]) => before),
      ),
      this.#size,
    );
    const to = placesOfLandmarks(
      pickLandmarks(
        current,
        pairs.map(([, after]) => after),
      ),
      this.#size,
    );
    const tolerance = TOLERANCE * Math.max(this.#size.width, this.#size.height);
    const fitted = fitSimilarity({ from, to }, tolerance);
    if (fitted === undefined) return undefined;
    const { scale, turn, tx, ty } = fitted;
    return [scale, -turn, tx, turn, scale, ty];
  }
}
