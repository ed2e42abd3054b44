import type { BoxXyxy } from "@framequeue/vision";
import { solveThenReject } from "./assignment.ts";
import type { Association, Observation, TrackedBox } from "./association.ts";
import { iouMatrix, unambiguousPairs } from "./iou-matrix.ts";
import {
  correctSortFilter,
  predictSortFilter,
  sortFilterBox,
  startSortFilter,
} from "./kalman-sort.ts";

export interface SortOptions {
  /** Frames a track may go without a detection and still be kept. */
  readonly maxAge: number;
  /** Matches in a row, birth not counted, before a track is shown; waived in as many first frames. */
  readonly minHits: number;
  /** Least IoU of a detection with a track's prediction. */
  readonly iouThreshold: number;
}

export interface SortTrackState {
  /** 0 until the track is first shown. */
  readonly trackId: number;
  /** Matches in a row; 0 at birth. */
  readonly hitStreak: number;
  /** Frames since the last match. */
  readonly misses: number;
  /** As in kalman-sort.ts. */
  readonly filter: readonly number[];
}

/** Tracks in order of birth. */
export interface SortState {
  readonly tracks: readonly SortTrackState[];
}

interface SortTrack {
  trackId: number;
  hitStreak: number;
  misses: number;
  readonly filter: Float64Array;
}

/**
 * SORT: Bewley et al., "Simple online and realtime tracking", ICIP 2016, sections 3.2 to 3.4, with
 * the rules of its published code. Shows a track only in frames where it has a detection.
 */
export class Sort implements Association<SortState> {
  readonly #options: SortOptions;
  #tracks: SortTrack[];

  constructor(options: SortOptions, state: SortState = { tracks: [] }) {
    this.#options = options;
    this.#tracks = state.tracks.map((track) => ({
      ...track,
      filter: Float64Array.from(track.filter),
    }));
  }

  step(
    frame: number,
    observations: readonly Observation[],
    nextTrackId: () => number,
  ): TrackedBox[] {
    const { maxAge, minHits, iouThreshold } = this.#options;
    const predicted = this.#predict();
    const trackOf = associate(observations, predicted, iouThreshold);

    /** Per track, what it was matched with or born from in this frame. */
    const observed: (Observation | undefined)[] = [];
    for (const [index, observation] of observations.entries()) {
      const at = trackOf[index]!;
      if (at < 0) continue;
      const track = this.#tracks[at]!;
      correctSortFilter(track.filter, observation.box);
      track.misses = 0;
      track.hitStreak++;
      observed[at] = observation;
    }
    for (const [index, observation] of observations.entries()) {
      if (trackOf[index]! >= 0) continue;
      const filter = startSortFilter(observation.box);
      observed[this.#tracks.length] = observation;
      this.#tracks.push({ trackId: 0, hitStreak: 0, misses: 0, filter });
    }

    const shown: TrackedBox[] = [];
    for (const [at, track] of this.#tracks.entries()) {
      const observation = observed[at];
      if (observation === undefined) continue;
      if (track.hitStreak < minHits && frame > minHits) continue;
      if (track.trackId === 0) track.trackId = nextTrackId();
      shown.push({
        trackId: track.trackId,
        box: sortFilterBox(track.filter),
        detection: observation.detection,
        classId: observation.classId,
        score: observation.score,
      });
    }
    this.#tracks = this.#tracks.filter((track) => track.misses <= maxAge);
    return shown;
  }

  save(): SortState {
    return {
      tracks: this.#tracks.map((track) => ({ ...track, filter: Array.from(track.filter) })),
    };
  }

  /** Moves all tracks one frame ahead, drops those without a proper box, and returns the boxes. */
  #predict(): BoxXyxy[] {
    const boxes: BoxXyxy[] = [];
    this.#tracks = this.#tracks.filter((track) => {
      if (track.misses > 0) track.hitStreak = 0;
      track.misses++;
      predictSortFilter(track.filter);
      const box = sortFilterBox(track.filter);
      const isProper = box.every(Number.isFinite);
      if (isProper) boxes.push(box);
      return isProper;
    });
    return boxes;
  }
}

/** The index of the matched prediction per observation, or -1. */
function associate(
  observations: readonly Observation[],
  predicted: readonly BoxXyxy[],
  iouThreshold: number,
): Int32Array {
  const rows = observations.length;
  const columns = predicted.length;
  const overlaps = iouMatrix(
    observations.map(({ box }) => box),
    predicted,
  );
  // Whatever the optimum is, nothing of it would survive the rejection.
  if (!overlaps.some((overlap) => overlap >= iouThreshold)) return new Int32Array(rows).fill(-1);
  return (
    unambiguousPairs(overlaps, rows, columns, iouThreshold) ??
    solveThenReject(
      overlaps.map((overlap) => -overlap),
      rows,
      columns,
      -iouThreshold,
    )
  );
}
