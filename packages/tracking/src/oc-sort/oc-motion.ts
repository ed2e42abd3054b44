import type { BoxXyxy } from "@framequeue/vision";
import type { Observation } from "../association.ts";
import type { PairBonus } from "../sort/sort-matching.ts";

/** A box that was matched, and when. */
export interface Sighting {
  readonly frame: number;
  /** Source pixels. */
  readonly box: BoxXyxy;
}

/** Unit vector in the picture: x to the right, y down. */
export type Direction = readonly [x: number, y: number];

/** Keeps boxes in one place from having a direction of infinite length. */
const restPx = 1e-6;

/** From centre to centre; next to nothing where the centres are one. */
export function directionBetween(from: BoxXyxy, to: BoxXyxy): Direction {
  const dx = (to[0] + to[2]) / 2 - (from[0] + from[2]) / 2;
  const dy = (to[1] + to[3]) / 2 - (from[1] + from[3]) / 2;
  const length = Math.sqrt(dx * dx + dy * dy) + restPx;
  return [dx / length, dy / length];
}

/**
 * Where a track was `deltaFrames` before this frame; if it was not seen then, where it was in the first frame after
 * that; if not there either, where it was last.
 *
 * @param sightings by ascending frame, before this frame
 */
export function earlierBox(
  sightings: readonly Sighting[],
  frame: number,
  deltaFrames: number,
): BoxXyxy | undefined {
  const recent = sightings.find((sighting) => sighting.frame >= frame - deltaFrames);
  return (recent ?? sightings.at(-1))?.box;
}

/**
 * The sightings with a new one, without those that no later frame looks at.
 *
 * @param least so many are kept in any case
 */
export function remember(
  sightings: readonly Sighting[],
  latest: Sighting,
  deltaFrames: number,
  least = 1,
): Sighting[] {
  const next = latest.frame + 1;
  const old = sightings.length - (least - 1);
  return [...sightings.filter(({ frame }, i) => i >= old || frame >= next - deltaFrames), latest];
}

/**
 * Observation-centric momentum (OCM, section 4.2): a pair is worth `inertia * score * (pi/2 - angle) / pi` more, where the
 * angle is that between the track's direction and the one from its earlier box to the observation. Nothing where a track
 * has no earlier box, or no direction yet.
 *
 * @param earlier of each track, as of `earlierBox`
 */
export function momentumBonus(
  observations: readonly Observation[],
  tracks: readonly { readonly direction: Direction | null }[],
  earlier: readonly (BoxXyxy | undefined)[],
  inertia: number,
): PairBonus {
  const highest = observations.reduce((score, other) => Math.max(score, Math.abs(other.score)), 0);
  return {
    bound: (inertia * highest) / 2,
    of(observation, track) {
      const from = earlier[track];
      const { direction } = tracks[track]!;
      if (from === undefined || direction === null) return 0;
      const { box, score } = observations[observation]!;
      const dx = (box[0] + box[2]) / 2 - (from[0] + from[2]) / 2;
      const dy = (box[1] + box[3]) / 2 - (from[1] + from[3]) / 2;
      const along = direction[0] * dx + direction[1] * dy;
      const cosine = along / (Math.sqrt(dx * dx + dy * dy) + restPx);
      const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
      return ((Math.PI / 2 - angle) / Math.PI) * inertia * score;
    },
  };
}
