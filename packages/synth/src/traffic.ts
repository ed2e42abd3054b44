import { createCar } from "./car.ts";
import type { CrossingGroup } from "./pedestrians.ts";
import type { Random } from "./random.ts";
import { type Lane, ROAD_END, ROAD_START } from "./road.ts";
import { createTruck } from "./truck.ts";
import type { VehicleShape } from "./vehicle.ts";

export interface Vehicle {
  readonly kind: "car" | "truck";
  readonly shape: VehicleShape;
  readonly x: number;
  readonly direction: 1 | -1;
  readonly speed: number;
  /** When it enters the street, in seconds of the scene; may be negative. */
  readonly enters: number;
}

const ROAD_LENGTH = ROAD_END - ROAD_START;

/** The middle of the vehicle along the street, or undefined while it is not on it. */
export function vehiclePosition(vehicle: Vehicle, seconds: number): number | undefined {
  const travelled = vehicle.speed * (seconds - vehicle.enters);
  if (travelled < 0 || travelled > ROAD_LENGTH) return undefined;
  return vehicle.direction > 0 ? ROAD_START + travelled : ROAD_END - travelled;
}

/**
 * Fills the lanes for the whole scene. Each vehicle keeps its speed; it enters late enough never to
 * come closer to the one ahead than a second's way, nor to a group of people who cross.
 *
 * @param duration seconds
 * @param density 1 is a busy street
 * @param crossingY where the crossing is
 */
export function scheduleTraffic(
  random: Random,
  lanes: readonly Lane[],
  groups: readonly CrossingGroup[],
  crossingY: number,
  duration: number,
  density: number,
): Vehicle[] {
  if (density <= 0) return [];
  const vehicles: Vehicle[] = [];
  for (const lane of lanes) {
    let ahead: Vehicle | undefined;
    let time = -ROAD_LENGTH / lane.speed - random.range(0, 3);
    while (time < duration) {
      const kind = random.chance(lane.trucks) ? "truck" : "car";
      const shape = kind === "truck" ? createTruck(random) : createCar(random);
      const speed = lane.speed * random.range(0.9, 1.12) * (kind === "truck" ? 0.93 : 1);
      if (ahead) time = Math.max(time, earliestEntry(ahead, shape, speed));
      time = clearOfGroups(time, lane, shape, speed, groups, crossingY);
      ahead = {
        kind,
        shape,
        x: lane.x + random.range(-0.25, 0.25),
        direction: lane.direction,
        speed,
        enters: time,
      };
      vehicles.push(ahead);
      const free = random.next();
      time += (0.3 + 7.5 * free * free) / density;
    }
  }
  return vehicles;
}

function earliestEntry(ahead: Vehicle, shape: VehicleShape, speed: number): number {
  const bumperToBumper = (ahead.shape.length + shape.length) / 2 + 1.5;
  const atEntry = ahead.enters + bumperToBumper / ahead.speed + 0.8;
  const atExit = ahead.enters + ROAD_LENGTH / ahead.speed + bumperToBumper / speed + 0.8;
  return Math.max(atEntry, atExit - ROAD_LENGTH / speed);
}

function clearOfGroups(
  enters: number,
  lane: Lane,
  shape: VehicleShape,
  speed: number,
  groups: readonly CrossingGroup[],
  crossingY: number,
): number {
  const way = lane.direction > 0 ? crossingY - ROAD_START : ROAD_END - crossingY;
  const half = (shape.length / 2 + 2.6) / speed;
  let time = enters;
  // Groups come from both sides, so that a later one may be at this lane earlier: after each wait
  // all are looked at again.
  for (let waited = true; waited;) {
    waited = false;
    for (const group of groups) {
      const [from, to] = group.occupies(lane.x);
      const passes = time + way / speed;
      if (passes + half <= from || passes - half >= to) continue;
      // A millisecond more, or rounding could find the same conflict for ever.
      time = to + half - way / speed + 0.001;
      waited = true;
    }
  }
  return time;
}
