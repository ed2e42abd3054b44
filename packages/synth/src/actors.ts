import type { ClassLabel } from "./ground-truth.ts";
import type { DifficultyParameters } from "./difficulty.ts";
import { type Pedestrian, scheduleCrossings, schedulePedestrians } from "./pedestrians.ts";
import { createRandom } from "./random.ts";
import { createLanes } from "./road.ts";
import { scheduleTraffic, type Vehicle } from "./traffic.ts";

/** Something that moves and is in the ground truth. */
export type Actor = {
  readonly id: number;
  readonly label: ClassLabel;
} & ({ readonly vehicle: Vehicle } | { readonly pedestrian: Pedestrian });

/** Lays out everything that moves during a scene, numbered from 1 in the order they set off. */
export function createActors(
  seed: number,
  difficulty: DifficultyParameters,
  crossingY: number,
  duration: number,
): Actor[] {
  const { density } = difficulty;
  const groups = scheduleCrossings(createRandom(seed, 20), duration, density);
  const lanes = createLanes(createRandom(seed, 21));
  const vehicles = scheduleTraffic(
    createRandom(seed, 22),
    lanes,
    groups,
    crossingY,
    duration,
    density,
  );
  const people = schedulePedestrians(createRandom(seed, 23), groups, crossingY, duration, density);
  const actors = [
    ...vehicles.map((vehicle) => ({ enters: vehicle.enters, label: vehicle.kind, vehicle })),
    ...people.map((pedestrian) => ({
      enters: pedestrian.enters,
      label: "person" as const,
      pedestrian,
    })),
  ];
  return actors
    .toSorted((a, b) => a.enters - b.enters)
    .map(({ enters: _, ...actor }, index) => ({ ...actor, id: index + 1 }));
}
