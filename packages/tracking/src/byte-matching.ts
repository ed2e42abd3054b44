import { solveWithLimit } from "./assignment.ts";
import type { Observation } from "./association.ts";
import { iouPlusOneMatrix } from "./iou-matrix.ts";
import type { MotionModel } from "./motion-model.ts";

/** What the Byte family's matching needs to know of a track. */
export interface MatchableTrack {
  /** Of the motion model. */
  readonly filter: Float64Array;
}

export interface Matching<Track> {
  /** In order of the tracks. */
  readonly pairs: readonly (readonly [Track, Observation])[];
  /** Tracks and observations without a partner, in their order. */
  readonly tracks: readonly Track[];
  readonly observations: readonly Observation[];
}

/** Cost 1 - IoU+1 of the boxes where they stand, row-major `[tracks, observations]`. */
export function overlapCosts(
  tracks: readonly MatchableTrack[],
  observations: readonly Observation[],
  motion: MotionModel,
): Float64Array {
  const costs = iouPlusOneMatrix(
    tracks.map(({ filter }) => motion.box(filter)),
    observations.map(({ box }) => box),
  );
  for (let at = 0; at < costs.length; at++) costs[at] = 1 - costs[at]!;
  return costs;
}

/** Makes each cost 1 - IoU+1 * score. */
export function fuseScores(costs: Float64Array, observations: readonly Observation[]): void {
  const columns = observations.length;
  for (const [column, { score }] of observations.entries()) {
    for (let at = column; at < costs.length; at += columns)
      costs[at] = 1 - (1 - costs[at]!) * score;
  }
}

/** Pairs tracks with observations, solved with the limit. */
export function matchByCosts<Track extends MatchableTrack>(
  tracks: readonly Track[],
  observations: readonly Observation[],
  costs: Float64Array = new Float64Array(0),
  limit = 0,
): Matching<Track> {
  if (tracks.length === 0 || observations.length === 0) return { pairs: [], tracks, observations };
  const columns = observations.length;
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
  motion: MotionModel,
): Set<Track> {
  const found = new Set<Track>();
  if (tracked.length === 0 || lost.length === 0) return found;
  const overlaps = iouPlusOneMatrix(
    tracked.map(({ filter }) => motion.box(filter)),
    lost.map(({ filter }) => motion.box(filter)),
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
