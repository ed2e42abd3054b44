import type { BoxXyxy } from "@framequeue/vision";
import { solveAssignment } from "../assignment/assignment.ts";
import type { Observation } from "../association.ts";
import type { Sighting } from "./oc-motion.ts";

/** The last sightings before an object hides are not trusted: half of it is hidden then, and its box is cut off. */
const cutOff = 4;
/** Frames of its steady motion are counted back over so many sightings before these. */
const steady = 25;
/** Sightings that a track must remember to be found again. */
export const refindMemory = cutOff + steady + 1;

/** How far from where it is expected an object may be: in shares of its size, and of the way that it went unseen. */
const reachOfSize = 0.3;
const reachOfWay = 0.15;
/** Least share of the one height in the other. */
const leastHeightShare = 0.5;

interface Expected {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** Pixels. */
  readonly reach: number;
}

/**
 * Pairs observations with tracks that went on, unseen, as steadily as before: the nearer an observation is to where its
 * track is expected, in shares of the reach, the better; the sum over all pairs is best.
 *
 * This is no part of OC-SORT. Its filter follows the box that is seen, and where an object slides behind something its
 * centre seems to slow down; after a second of that the prediction is far off.
 *
 * @param sightings of each track, by ascending frame
 * @returns the index of the track per observation, or -1
 */
export function refindBySteadyMotion(
  observations: readonly Observation[],
  sightings: readonly (readonly Sighting[])[],
  frame: number,
): Int32Array {
  const trackOf = new Int32Array(observations.length).fill(-1);
  if (observations.length === 0) return trackOf;
  const places = [...sightings.entries()].flatMap(([track, seen]) => {
    const expected = expectedPlace(seen, frame);
    return expected === undefined ? [] : [{ track, expected }];
  });
  const costs = new Float64Array(places.length * observations.length);
  let at = 0;
  for (const { expected } of places) {
    for (const { box } of observations) costs[at++] = costOf(expected, box);
  }
  const columnOfRow = solveAssignment(costs, places.length, observations.length);
  for (const [row, column] of columnOfRow.entries()) {
    const isPair = column >= 0 && costs[row * observations.length + column]! < 0;
    if (isPair) trackOf[column] = places[row]!.track;
  }
  return trackOf;
}

/** From -1, where the track is expected, up to 0: out of reach. */
function costOf({ x, y, height, reach }: Expected, box: BoxXyxy): number {
  const [boxX, boxY] = centreOf(box);
  const boxHeight = box[3] - box[1];
  const heightShare = Math.min(height, boxHeight) / Math.max(height, boxHeight);
  if (heightShare < leastHeightShare) return 0;
  return Math.min(0, Math.hypot(x - boxX, y - boxY) / reach - 1);
}

/** Undefined where a track was not seen often enough. */
function expectedPlace(sightings: readonly Sighting[], frame: number): Expected | undefined {
  const end = sightings[sightings.length - 1 - cutOff];
  if (end === undefined) return undefined;
  const start = sightings[Math.max(0, sightings.length - refindMemory)]!;
  const [endX, endY] = centreOf(end.box);
  const [startX, startY] = centreOf(start.box);
  const unseen = (frame - end.frame) / Math.max(1, end.frame - start.frame);
  const [wayX, wayY] = [(endX - startX) * unseen, (endY - startY) * unseen];
  const [width, height] = [end.box[2] - end.box[0], end.box[3] - end.box[1]];
  const reach = reachOfSize * Math.sqrt(width * height) + reachOfWay * Math.hypot(wayX, wayY);
  return { x: endX + wayX, y: endY + wayY, height, reach };
}

function centreOf([x1, y1, x2, y2]: BoxXyxy): readonly [number, number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}
