import assert from "node:assert/strict";
import { test } from "node:test";
import { type Actor, createActors } from "./actors.ts";
import { difficulties } from "./difficulty.ts";
import { stance } from "./pedestrians.ts";
import { ROAD_HALF } from "./road.ts";
import { vehiclePosition } from "./traffic.ts";

type VehicleActor = Extract<Actor, { vehicle: unknown }>;
type PedestrianActor = Extract<Actor, { pedestrian: unknown }>;

const CROSSING = 22;
const SECONDS = 40;

for (const seed of [1, 2, 3]) {
  const actors = createActors(seed, difficulties.hard, CROSSING, SECONDS);
  const vehicles = actors.filter((actor): actor is VehicleActor => "vehicle" in actor);
  const people = actors.filter((actor): actor is PedestrianActor => "pedestrian" in actor);

  test(`vehicles of seed ${seed} never touch`, () => {
    for (let seconds = 0; seconds < SECONDS; seconds += 0.5) {
      const placed = vehicles.flatMap(({ vehicle }) => {
        const y = vehiclePosition(vehicle, seconds);
        return y === undefined ? [] : [{ x: vehicle.x, y, length: vehicle.shape.length }];
      });
      for (const a of placed) {
        for (const b of placed) {
          if (a === b || Math.abs(a.x - b.x) > 1.75) continue;
          assert.ok(Math.abs(a.y - b.y) > (a.length + b.length) / 2);
        }
      }
    }
  });

  test(`nobody of seed ${seed} is run over`, () => {
    let crossings = 0;
    for (let seconds = 0; seconds < SECONDS; seconds += 0.2) {
      for (const { pedestrian } of people) {
        const at = stance(pedestrian, seconds);
        if (!at || Math.abs(at.x) > ROAD_HALF) continue;
        crossings++;
        for (const { vehicle } of vehicles) {
          const y = vehiclePosition(vehicle, seconds);
          if (y === undefined) continue;
          const { width, length } = vehicle.shape;
          const hit = Math.abs(at.x - vehicle.x) < width / 2 && Math.abs(at.y - y) < length / 2;
          assert.ok(!hit, `at ${seconds} s`);
        }
      }
    }
    assert.ok(crossings > 0);
  });
}

test("nobody jumps or turns about between two frames", () => {
  const actors = createActors(5, difficulties.normal, CROSSING, SECONDS);
  for (const { pedestrian } of actors.filter((a): a is PedestrianActor => "pedestrian" in a)) {
    for (let seconds = 0; seconds < SECONDS; seconds += 0.04) {
      const now = stance(pedestrian, seconds);
      const next = stance(pedestrian, seconds + 0.04);
      if (!now || !next) continue;
      const moved = Math.sqrt((next.x - now.x) ** 2 + (next.y - now.y) ** 2);
      assert.ok(moved < 0.08);
      assert.ok(now.headingX * next.headingX + now.headingY * next.headingY > 0.7);
    }
  }
});
