import type { Stance } from "./person.ts";
import { createLook, type PersonLook } from "./person-look.ts";
import type { Random } from "./random.ts";
import { LANE_WIDTH, PAVEMENT_INNER, PAVEMENT_OUTER, ROAD_START } from "./road.ts";

/** A corner of somebody's way, in metres. */
type Waypoint = readonly [number, number];

export interface Pedestrian {
  readonly look: PersonLook;
  readonly way: readonly Waypoint[];
  /** Metres per second. */
  readonly speed: number;
  /** When the way begins, in seconds of the scene. */
  readonly enters: number;
}

/** People who cross the road together. */
export interface CrossingGroup {
  /** Crossing from the side with this sign of x. */
  readonly from: 1 | -1;
  readonly steps: number;
  readonly speed: number;
  readonly size: number;
  /** Seconds from and to which the group is near the lane at x. */
  occupies(x: number): readonly [number, number];
}

const PAVEMENT_END = 120;

/** Decides when groups cross, so that traffic can be laid out around them. */
export function scheduleCrossings(
  random: Random,
  duration: number,
  density: number,
): CrossingGroup[] {
  const groups: CrossingGroup[] = [];
  if (density <= 0) return groups;
  for (let steps = random.range(-6, 4); steps < duration; steps += random.range(6, 13) / density) {
    const from = random.chance(0.5) ? 1 : -1;
    const speed = random.range(1.25, 1.65);
    const start = steps;
    groups.push({
      from,
      steps: start,
      speed,
      size: random.integer(1, 3),
      occupies: (x) => {
        const reached = start + (PAVEMENT_INNER - from * x) / speed;
        const margin = (LANE_WIDTH / 2 + 0.5) / speed;
        // The last of the group walk up to 0.9 m behind the first.
        return [reached - margin, reached + margin + 0.9 / speed];
      },
    });
  }
  return groups;
}

/** Lays out everybody's way: along both pavements, and over the crossing. */
export function schedulePedestrians(
  random: Random,
  groups: readonly CrossingGroup[],
  crossingY: number,
  duration: number,
  density: number,
): Pedestrian[] {
  const people: Pedestrian[] = [];
  if (density <= 0) return people;
  for (const side of [1, -1] as const) {
    for (const direction of [1, -1] as const) {
      const longest = (PAVEMENT_END - ROAD_START) / 1.1;
      for (let time = -longest; time < duration; time += (1.5 + 14 * random.next()) / density) {
        const x = side * random.range(PAVEMENT_INNER + 0.5, PAVEMENT_OUTER - 0.3);
        const ends: Waypoint[] = [
          [x, ROAD_START],
          [x + random.range(-0.3, 0.3), PAVEMENT_END],
        ];
        if (direction < 0) ends.reverse();
        people.push({
          look: createLook(random),
          way: ends,
          speed: random.range(1.05, 1.75),
          enters: time,
        });
      }
    }
  }
  for (const group of groups) people.push(...crossers(random, group, crossingY));
  return people;
}

function crossers(random: Random, group: CrossingGroup, crossingY: number): Pedestrian[] {
  const kerb = group.from * (PAVEMENT_INNER - 0.3);
  const comesFrom = random.chance(0.5) ? ROAD_START : PAVEMENT_END;
  const goesTo = random.chance(0.5) ? ROAD_START : PAVEMENT_END;
  return Array.from({ length: group.size }, (_, i): Pedestrian => {
    const y = crossingY + (i - (group.size - 1) / 2) * 0.85 + random.range(-0.15, 0.15);
    const inset = group.from * random.range(0.8, 2);
    const behind = random.range(0, 0.9);
    const way: Waypoint[] = [
      [kerb + inset, comesFrom],
      [kerb + inset, y],
      [-kerb - inset, y],
      [-kerb - inset, goesTo],
    ];
    const toKerb = Math.abs(y - comesFrom) + Math.abs(inset) + behind;
    return {
      look: createLook(random),
      way,
      speed: group.speed,
      enters: group.steps - toKerb / group.speed,
    };
  });
}

/** Where somebody is and where they head, or undefined while they are not in the street. */
export function stance(person: Pedestrian, seconds: number): Stance | undefined {
  const walked = person.speed * (seconds - person.enters);
  if (walked < 0 || walked > wayLength(person.way)) return undefined;
  const [x, y] = along(person.way, walked);
  // A chord of the way rounds its corners, so that nobody turns within one frame.
  const [aheadX, aheadY] = along(person.way, walked + 0.35);
  const [behindX, behindY] = along(person.way, walked - 0.35);
  const dx = aheadX - behindX;
  const dy = aheadY - behindY;
  const length = Math.sqrt(dx * dx + dy * dy) || 1;
  return { x, y, headingX: dx / length, headingY: dy / length, walked };
}

function wayLength(way: readonly Waypoint[]): number {
  let length = 0;
  for (let i = 1; i < way.length; i++) length += legLength(way[i - 1]!, way[i]!);
  return length;
}

function legLength(a: Waypoint, b: Waypoint): number {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  return Math.sqrt(dx * dx + dy * dy);
}

/** The point a distance along a way; before its start and past its end, straight on. */
function along(way: readonly Waypoint[], distance: number): Waypoint {
  let rest = distance;
  for (let i = 1; ; i++) {
    const a = way[i - 1]!;
    const b = way[i]!;
    const length = legLength(a, b);
    if (rest <= length || i === way.length - 1) {
      const t = rest / length;
      return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
    }
    rest -= length;
  }
}
