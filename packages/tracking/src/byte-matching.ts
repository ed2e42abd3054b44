import { solveWithLimit } from "./assignment.ts";
import type { Observation } from "./association.ts";
import { iouPlusOneMatrix } from "./iou-matrix.ts";
import { xyahFilterBox } from "./kalman-xyah.ts";

/** What ByteTrack's matching needs to know of a track. */
export interface MatchableTrack {
  /** As in kalman-xyah.ts. */
  readonly filter: Float64Array;
}

export interface Matching<Track> {
  /** In order of the tracks. */
  readonly pairs: readonly (readonly [Track, Observation])[];
  /** Tracks and observations without a partner, in their order. */
  readonly tracks: readonly Track[];
  readonly observations: readonly Observation[];
}

/**
 * Pairs tracks with observations: cost 1 - IoU+1 of the boxes where they stand, or
 * 1 - IoU+1 * score, solved with the limit.
 */
export function matchBoxes<Track extends MatchableTrack>(
  tracks: readonly Track[],
  observations: readonly Observation[],
  limit: number,
  fuseScores: boolean,
): Matching<Track> {
  if (tracks.length === 0 || observations.length === 0) return { pairs: [], tracks, observations };
  const columns = observations.length;
  const costs = iouPlusOneMatrix(
    tracks.map(({ filter }) => xyahFilterBox(filter)),
    observations.map(({ box }) => box),
  );
  for (let column = 0; column < columns; column++) {
    const weight = fuseScores ? observations[column]!.score : 1;
    for (let at = column; at < costs.length; at += columns) costs[at] = 1 - costs[at]! * weight;
  }
  const columnOfRow = solveWithLimit(costs, tracks.length, columns, limit);

  const pairs: [Track, Observation][] = [];
  const taken = new Uint8Array(columns);
  for (const [row, track] of tracks.entries()) {
    const column = columnOfRow[row]!;
    if (column < 0) continue;
    pairs.push([track, observations[column]!]);
    taken[column] = 1;
  }
  return {
    pairs,
    tracks: tracks.filter((_, row) => columnOfRow[row]! < 0),
    observations: observations.filter((_, column) => taken[column] === 0),
  };
}

interface LivedTrack extends MatchableTrack {
  readonly startFrame: number;
  /** Frame of the last match. */
  readonly lastFrame: number;
}

/** A tracked and a lost track closer than this, as 1 - IoU+1, are the same object. */
const duplicateDistance = 0.15;

/** Of each tracked and lost track in one place, the one with the shorter life; on a tie the tracked. */
export function duplicates<Track extends LivedTrack>(
  tracked: readonly Track[],
  lost: readonly Track[],
): Set<Track> {
  const found = new Set<Track>();
  if (tracked.length === 0 || lost.length === 0) return found;
  const overlaps = iouPlusOneMatrix(
    tracked.map(({ filter }) => xyahFilterBox(filter)),
    lost.map(({ filter }) => xyahFilterBox(filter)),
  );
  for (let at = 0; at < overlaps.length; at++) {
    if (!(1 - overlaps[at]! < duplicateDistance)) continue;
    const a = tracked[Math.floor(at / lost.length)]!;
    const b = lost[at % lost.length]!;
    found.add(lifeOf(a) > lifeOf(b) ? b : a);
  }
  return found;
}

function lifeOf({ startFrame, lastFrame }: LivedTrack): number {
  return lastFrame - startFrame;
}
