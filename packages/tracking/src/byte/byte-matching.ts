import type { Observation } from "../association.ts";
import type { MotionModel } from "../motion/motion-model.ts";
import { solvePairs } from "../assignment/pair-assignment.ts";
import type { PairList } from "../assignment/pair-list.ts";

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

/** What a pair costs that overlaps; `overlapCost` is 1 - IoU+1 of the boxes where they stand. */
export type PairCost<Track> = (
  track: Track,
  observation: Observation,
  overlapCost: number,
) => number;

/**
 * Pairs tracks with observations so that the sum of `cost - limit` is least; only pairs that overlap and cost less than
 * the limit take part.
 *
 * @param memory what the pairs are gathered in
 */
export function matchPairs<Track extends MatchableTrack>(
  memory: PairList,
  tracks: readonly Track[],
  observations: readonly Observation[],
  motion: MotionModel,
  limit: number,
  costOf: PairCost<Track>,
): Matching<Track> {
  if (tracks.length === 0 || observations.length === 0) return { pairs: [], tracks, observations };
  memory.fillWithIouPlusOne(
    tracks.map(({ filter }) => motion.box(filter)),
    observations.map(({ box }) => box),
  );
  for (let at = 0; at < memory.count; at++) {
    const track = tracks[memory.rows[at]!]!;
    const observation = observations[memory.columns[at]!]!;
    memory.gains[at] = limit - costOf(track, observation, 1 - memory.overlaps[at]!);
  }
  const columnOfRow = solvePairs(memory, tracks.length, observations.length);

  const pairs: [Track, Observation][] = [];
  const taken = new Uint8Array(observations.length);
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
  memory: PairList,
  tracked: readonly Track[],
  lost: readonly Track[],
  motion: MotionModel,
): Set<Track> {
  const found = new Set<Track>();
  if (tracked.length === 0 || lost.length === 0) return found;
  memory.fillWithIouPlusOne(
    tracked.map(({ filter }) => motion.box(filter)),
    lost.map(({ filter }) => motion.box(filter)),
  );
  for (let at = 0; at < memory.count; at++) {
    if (!(1 - memory.overlaps[at]! < duplicateDistance)) continue;
    const a = tracked[memory.rows[at]!]!;
    const b = lost[memory.columns[at]!]!;
    found.add(lifeOf(a) > lifeOf(b) ? b : a);
  }
  return found;
}

function lifeOf({ startFrame, lastFrame }: LivedTrack): number {
  return lastFrame - startFrame;
}
