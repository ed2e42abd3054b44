export interface TrackerOptions {
  readonly algorithm: "sort";
  /**
   * Track each class on its own, so that a track never changes class. Otherwise any detection may
   * continue any track, and a track has the class of its latest detection.
   */
  readonly perClass: boolean;
  /** Only detections with a score strictly above this are tracked. */
  readonly minScore: number;
  /** Frames a track may go without a detection and still be kept. */
  readonly maxAge: number;
  /**
   * Matches in a row, the founding detection not counted, before a track is shown. Not asked for in
   * as many frames at the start of a job, where everything would be late.
   */
  readonly minHits: number;
  /** Least IoU of a detection with a track's predicted box, 0 to 1. */
  readonly iouThreshold: number;
}

/** What SORT's published results were made with; each class on its own. */
export const defaultTrackerOptions: TrackerOptions = Object.freeze({
  algorithm: "sort",
  perClass: true,
  minScore: 0.6,
  maxAge: 1,
  minHits: 3,
  iouThreshold: 0.3,
});

/** @throws RangeError naming the option that is out of range */
export function checkTrackerOptions(options: TrackerOptions): void {
  const { minScore, maxAge, minHits, iouThreshold } = options;
  if (!Number.isFinite(minScore)) throw new RangeError(`minScore must be finite, got ${minScore}`);
  if (!(iouThreshold >= 0 && iouThreshold <= 1)) {
    throw new RangeError(`iouThreshold must be within 0 to 1, got ${iouThreshold}`);
  }
  for (const [name, value] of Object.entries({ maxAge, minHits })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number from 0 up, got ${value}`);
    }
  }
}
