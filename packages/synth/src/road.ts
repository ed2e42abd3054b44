import type { Random } from "./random.ts";

// The street, in metres: x across, y along; x = 0 is the middle line. Traffic keeps right, so the
// lanes with x > 0 lead towards +y.

export const LANE_WIDTH = 3.5;
export const LANES_PER_DIRECTION = 2;
export const ROAD_HALF = LANE_WIDTH * LANES_PER_DIRECTION;
export const KERB_WIDTH = 0.3;
export const PAVEMENT_INNER = ROAD_HALF + KERB_WIDTH;
export const PAVEMENT_OUTER = PAVEMENT_INNER + 3.2;
/** Where traffic appears and disappears, out of sight or too far to matter. */
export const ROAD_START = -24;
export const ROAD_END = 150;
export const CROSSING_HALF = 2;

export interface Lane {
  /** Middle of the lane. */
  readonly x: number;
  /** +1 leads towards +y. */
  readonly direction: 1 | -1;
  /** Usual speed, metres per second. */
  readonly speed: number;
  /** Share of trucks. */
  readonly trucks: number;
}

/** The four lanes; the outer ones are slower and carry more trucks. */
export function createLanes(random: Random): Lane[] {
  const lanes: Lane[] = [];
  for (const direction of [1, -1] as const) {
    for (let i = 0; i < LANES_PER_DIRECTION; i++) {
      const inner = i === 0;
      lanes.push({
        x: direction * (i + 0.5) * LANE_WIDTH,
        direction,
        speed: inner ? random.range(9, 13) : random.range(7, 10),
        trucks: inner ? 0.16 : 0.36,
      });
    }
  }
  return lanes;
}
