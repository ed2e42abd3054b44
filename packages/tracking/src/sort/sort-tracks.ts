import type { BoxXyxy } from "@framequeue/vision";
import type { FrameTime, Observation, TakeTrackId, TrackedBox } from "../association.ts";
import { predictSortFilter, sortFilterBox } from "../motion/kalman-sort.ts";
import type { TrackLife } from "../track-life.ts";

/** What SORT and OC-SORT know of every track. */
export interface SortTrack {
  /** 0 until the track is first shown. */
  trackId: number;
  /** Matches in a row; 0 at birth. */
  hitStreak: number;
  /** Frames since the last match. */
  misses: number;
  /** As in kalman-sort.ts. */
  readonly filter: Float64Array;
}

/** The same as plain data. */
export interface SortTrackState {
  readonly trackId: number;
  readonly hitStreak: number;
  readonly misses: number;
  readonly filter: readonly number[];
}

/**
 * Moves all tracks ahead and drops those that have no proper box there.
 *
 * @returns what is left, and its boxes
 */
export function predictTracks<Track extends SortTrack>(
  tracks: readonly Track[],
  elapsed: number,
): { tracks: Track[]; boxes: BoxXyxy[] } {
  const boxes: BoxXyxy[] = [];
  const proper = tracks.filter((track) => {
    if (track.misses > 0) track.hitStreak = 0;
    track.misses += elapsed;
    for (let i = 0; i < elapsed; i++) predictSortFilter(track.filter);
    const box = sortFilterBox(track.filter);
    const isProper = box.every(Number.isFinite);
    if (isProper) boxes.push(box);
    return isProper;
  });
  return { tracks: proper, boxes };
}

/** Tentative until shown; then confirmed in frames in which it is seen. */
export function lifeOf({ trackId, misses }: SortTrack): TrackLife {
  if (trackId === 0) return { trackId, state: "tentative" };
  return { trackId, state: misses === 0 ? "confirmed" : "lost" };
}

/** Tracks to show: those seen in this frame, once they were seen often enough in a row or while the sequence is young. */
export function showTracks<Track extends SortTrack>(
  tracks: readonly Track[],
  observed: ReadonlyMap<Track, Observation>,
  { frame, elapsed }: FrameTime,
  minHits: number,
  nextTrackId: TakeTrackId,
  boxOf: (track: Track) => BoxXyxy,
): TrackedBox[] {
  const shown: TrackedBox[] = [];
  for (const track of tracks) {
    const observation = observed.get(track);
    if (observation === undefined) continue;
    if (track.hitStreak < minHits && frame > minHits * elapsed) continue;
    if (track.trackId === 0) track.trackId = nextTrackId(observation);
    const { detection, classId, score } = observation;
    shown.push({ trackId: track.trackId, box: boxOf(track), detection, classId, score });
  }
  return shown;
}
