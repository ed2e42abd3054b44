import type { DetectionRow, FrameRow } from "@framequeue/contracts";
import type { Point } from "./overlay-shapes.ts";

const TRAIL_POINTS = 20;
/** A track that was not seen for so many frames starts a new trail. */
const FORGET_AFTER_FRAMES = 30;

interface Trail {
  readonly points: Point[];
  lastFrame: number;
}

/** Where each track stood in the last frames: the middle of the lower edge of its box. */
export class Trails {
  readonly #trails = new Map<number, Trail>();

  /** Takes in a frame, and returns what tells the trail of each of its detections, oldest point first. */
  advance(row: FrameRow): (detection: DetectionRow) => readonly Point[] {
    for (const { trackId, box } of row.detections) {
      if (trackId === undefined) continue;
      const trail = this.#trails.get(trackId) ?? { points: [], lastFrame: row.frame };
      trail.points.push([box[0] + box[2] / 2, box[1] + box[3]]);
      if (trail.points.length > TRAIL_POINTS) trail.points.shift();
      trail.lastFrame = row.frame;
      this.#trails.set(trackId, trail);
    }
    for (const [trackId, { lastFrame }] of this.#trails) {
      if (row.frame - lastFrame > FORGET_AFTER_FRAMES) this.#trails.delete(trackId);
    }
    return ({ trackId }) =>
      trackId === undefined ? [] : (this.#trails.get(trackId)?.points ?? []);
  }

  /** How many tracks are remembered. */
  get size(): number {
    return this.#trails.size;
  }
}
