import type { BotSortOptions } from "./byte/bot-sort.ts";
import type { ByteOptions } from "./byte/byte-association.ts";
import type { ByteTrackOptions } from "./byte/byte-track.ts";
import type { DeepSortOptions } from "./deep-sort/deep-sort.ts";
import type { OcSortOptions } from "./oc-sort/oc-sort.ts";
import type { RecallOptions } from "./appearance/recall.ts";
import type { SortOptions } from "./sort/sort.ts";

interface CommonOptions {
  /**
   * Track each class on its own, so that a track never changes class. Otherwise any detection may
   * continue any track, and a track has the class of its latest detection.
   */
  readonly perClass: boolean;
  /** Frames after which what stands still is not shown any more (see still-tracks.ts). Absent: it is. */
  readonly hideStillFrames?: number;
  /** Whether something that comes back long after it was lost gets its former id, by its looks (see recall.ts). */
  readonly recall?: RecallOptions;
}

export interface SortTrackerOptions extends CommonOptions, SortOptions {
  readonly algorithm: "sort";
  /** Only detections with a score strictly above this are tracked. */
  readonly minScore: number;
}

export interface ByteTrackTrackerOptions
  extends CommonOptions, Omit<ByteTrackOptions, "matchLastBox"> {
  readonly algorithm: "bytetrack";
}

export interface OcSortTrackerOptions extends CommonOptions, OcSortOptions {
  readonly algorithm: "ocsort";
  /** Only detections with a score strictly above this are tracked. */
  readonly minScore: number;
}

export interface DeepSortTrackerOptions extends CommonOptions, DeepSortOptions {
  readonly algorithm: "deepsort";
  /** Only detections with at least this score are tracked. */
  readonly minScore: number;
}

export interface BotSortTrackerOptions extends CommonOptions, BotSortOptions {
  readonly algorithm: "botsort";
}

/** Looks do not count unless these are given. */
export const withoutLooks = {
  appearance: false,
  proximityThreshold: 0.5,
  appearanceThreshold: 0.25,
} as const;

export type TrackerOptions =
  | SortTrackerOptions
  | ByteTrackTrackerOptions
  | OcSortTrackerOptions
  | DeepSortTrackerOptions
  | BotSortTrackerOptions;

/** What SORT's published results were made with; each class on its own. */
export const defaultSortOptions: SortTrackerOptions = Object.freeze({
  algorithm: "sort",
  perClass: true,
  minScore: 0.6,
  maxAge: 1,
  minHits: 3,
  iouThreshold: 0.3,
});

/**
 * What ByteTrack's published results on MOT17 were made with, at 30 frames per second; each class on
 * its own. At another rate the published code takes 1 second for its buffer, rounded down to frames.
 */
export const defaultByteTrackOptions: ByteTrackTrackerOptions = Object.freeze({
  algorithm: "bytetrack",
  perClass: true,
  trackThreshold: 0.6,
  lowThreshold: 0.1,
  foundThreshold: 0.7,
  matchThreshold: 0.9,
  trackBuffer: 30,
  fuseScores: true,
});

/** What OC-SORT's published results were made with; each class on its own. */
export const defaultOcSortOptions: OcSortTrackerOptions = Object.freeze({
  algorithm: "ocsort",
  perClass: true,
  minScore: 0.6,
  maxAge: 30,
  minHits: 3,
  iouThreshold: 0.3,
  deltaFrames: 3,
  inertia: 0.2,
  refind: false,
});

/** What DeepSORT's reference results were made with; each class on its own. */
export const defaultDeepSortOptions: DeepSortTrackerOptions = Object.freeze({
  algorithm: "deepsort",
  perClass: true,
  minScore: 0.3,
  maxCosineDistance: 0.2,
  gallerySize: 100,
  maxAge: 30,
  minHits: 3,
  maxOverlapCost: 0.7,
});

/** What BoT-SORT's published results on MOT17 were made with, without looks, at 30 frames per second. */
export const defaultBotSortOptions: BotSortTrackerOptions = Object.freeze({
  algorithm: "botsort",
  perClass: true,
  trackThreshold: 0.6,
  lowThreshold: 0.1,
  foundThreshold: 0.7,
  matchThreshold: 0.8,
  trackBuffer: 30,
  fuseScores: true,
  appearance: false,
  proximityThreshold: 0.5,
  appearanceThreshold: 0.25,
});

/** Whether a detection's score is enough for it to be of any use. */
export function isScoreEnough(score: number, options: TrackerOptions): boolean {
  if (!(score < Number.POSITIVE_INFINITY)) return false;
  switch (options.algorithm) {
    case "sort":
    case "ocsort":
      return score > options.minScore;
    case "deepsort":
      return score >= options.minScore;
    case "bytetrack":
    case "botsort":
      return score > options.lowThreshold;
  }
}

/** Whether the looks of detections matter. */
export function needsFeatures(options: TrackerOptions): boolean {
  return (
    options.recall !== undefined ||
    options.algorithm === "deepsort" ||
    (options.algorithm === "botsort" && options.appearance)
  );
}

/** @throws RangeError naming the option that is out of range */
export function checkTrackerOptions(options: TrackerOptions): void {
  const { hideStillFrames = 1, recall } = options;
  checkWhole({ hideStillFrames });
  if (recall !== undefined) {
    checkWhole({ "recall.frames": recall.frames });
    checkCosine({ "recall.maxCosineDistance": recall.maxCosineDistance });
  }
  switch (options.algorithm) {
    case "sort":
      checkSortOptions(options);
      return;
    case "ocsort": {
      const { deltaFrames, inertia } = options;
      checkSortOptions(options);
      checkWhole({ deltaFrames });
      checkShare({ inertia });
      return;
    }
    case "deepsort": {
      const { minScore, maxCosineDistance, gallerySize, maxAge, minHits, maxOverlapCost } = options;
      checkFinite({ minScore });
      checkShare({ maxOverlapCost });
      checkWhole({ gallerySize, maxAge, minHits });
      checkCosine({ maxCosineDistance });
      return;
    }
    case "bytetrack":
      checkByteOptions(options);
      return;
    case "botsort": {
      const { proximityThreshold, appearanceThreshold } = options;
      checkByteOptions(options);
      checkShare({ proximityThreshold, appearanceThreshold });
      return;
    }
    default:
      throw new RangeError(
        `algorithm must be sort, deepsort, bytetrack, ocsort or botsort, got ${(options as TrackerOptions).algorithm}`,
      );
  }
}

function checkSortOptions(options: SortOptions & { readonly minScore: number }): void {
  const { minScore, maxAge, minHits, iouThreshold } = options;
  checkFinite({ minScore });
  checkShare({ iouThreshold });
  checkWhole({ maxAge, minHits });
}

function checkByteOptions(options: ByteOptions): void {
  const { trackThreshold, lowThreshold, foundThreshold, matchThreshold, trackBuffer } = options;
  checkFinite({ trackThreshold, lowThreshold, foundThreshold });
  checkShare({ matchThreshold });
  checkWhole({ trackBuffer });
  if (lowThreshold > trackThreshold) {
    throw new RangeError(
      `lowThreshold must not exceed trackThreshold, got ${lowThreshold} and ${trackThreshold}`,
    );
  }
}

function checkFinite(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw new RangeError(`${name} must be finite, got ${value}`);
  }
}

function checkShare(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`${name} must be within 0 to 1, got ${value}`);
    }
  }
}

function checkCosine(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0 && value <= 2)) {
      throw new RangeError(`${name} must be within 0 to 2, got ${value}`);
    }
  }
}

function checkWhole(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number from 0 up, got ${value}`);
    }
  }
}
