import type { Actor } from "./actors.ts";
import { createBrush } from "./brush.ts";
import { type Camera, createCamera, project } from "./camera.ts";
import {
  type Canvas,
  copyCanvas,
  createCanvas,
  restore,
  SUPERSAMPLING,
  type Window,
} from "./canvas.ts";
import type { DifficultyParameters } from "./difficulty.ts";
import { createFacePainter } from "./face-painter.ts";
import { paintGround } from "./ground.ts";
import { createHeadlightPainter } from "./headlights.ts";
import type { Layout } from "./layout.ts";
import { createLighting, type Lighting } from "./lighting.ts";
import { createShadowPainter } from "./moving-shadow.ts";
import { stance } from "./pedestrians.ts";
import { createPersonPainter } from "./person.ts";
import { paintScenery } from "./scenery.ts";
import { sunlightAt } from "./static-shadow.ts";
import { vehiclePosition } from "./traffic.ts";
import type { VehicleShape } from "./vehicle.ts";

/** An actor as it was drawn; x0, y0, x1, y1 in canvas pixels. */
export interface DrawnActor {
  readonly actor: Actor;
  /** Extent of the whole object, hidden parts and parts outside the window included. */
  readonly extent: readonly [number, number, number, number];
  /** How many canvas pixels it covers in the window, hidden ones included. */
  readonly covered: number;
}

/** Draws the moving part of a scene over its surroundings. */
export interface Stage {
  readonly canvas: Canvas;
  /** Draws one moment; the canvas' ids are then positions in the result plus one. */
  draw(actors: readonly Actor[], seconds: number, window: Window): DrawnActor[];
}

export function createStage(
  width: number,
  height: number,
  layout: Layout,
  difficulty: DifficultyParameters,
): Stage {
  const canvas = createCanvas(width, height);
  const { pose } = layout;
  const margin = 2 * SUPERSAMPLING * Math.ceil(difficulty.shake);
  const focal = layout.focal * (width - margin);
  const camera = createCamera(pose, focal, width / 2, height / 2);
  const light = createLighting(
    layout.towardsSun,
    layout.overcast,
    layout.warmth,
    difficulty.darkness,
  );
  const brush = createBrush(canvas);
  paintGround(canvas, camera, layout, light);
  paintScenery(brush, camera, layout, light);
  const surroundings = createCanvas(width, height);
  copyCanvas(canvas, surroundings);

  const shadows = createShadowPainter(camera, layout.towardsSun, brush);
  const paintFace = createFacePainter(camera, light, brush);
  const person = createPersonPainter(camera, light, brush);
  const headlights = createHeadlightPainter(camera, difficulty.darkness, brush);
  const sunShare = shareOfSun(light);

  return {
    canvas,
    draw(actors, seconds, window) {
      restore(canvas, surroundings);
      brush.window = window;
      const present = actors.flatMap((actor) => locate(actor, seconds, camera, window));
      for (const { x, y, shadow } of present) {
        const sunlight = sunlightAt(layout, x, y);
        shadows.castBox(x, y, shadow[0], shadow[1], shadow[2], sunShare * sunlight);
      }
      if (headlights) {
        for (const { x, y, vehicle } of present) {
          if (vehicle) headlights.pool(vehicle.shape, x, y, vehicle.direction);
        }
      }
      const drawn: DrawnActor[] = [];
      for (const { actor, x, y, vehicle, pedestrian, at } of present) {
        brush.begin(drawn.length + 1);
        const sunlight = sunlightAt(layout, x, y);
        let extent: readonly [number, number, number, number];
        if (vehicle) {
          for (const face of vehicle.shape.faces)
            paintFace(face, x, y, vehicle.direction, sunlight);
          extent = vehicleExtent(camera, vehicle.shape, x, y, vehicle.direction);
        } else {
          person.draw(pedestrian.look, at, sunlight);
          const [x0, y0, x1, y1] = person.extent;
          extent = [x0!, y0!, x1!, y1!];
        }
        drawn.push({ actor, extent, covered: brush.covered() });
      }
      if (headlights) {
        for (const { x, y, vehicle } of present) {
          if (vehicle) headlights.glare(vehicle.shape, x, y, vehicle.direction);
        }
      }
      return drawn;
    },
  };
}

type Located = {
  readonly actor: Actor;
  readonly x: number;
  readonly y: number;
  /** Half width, half length and height of what throws the shadow. */
  readonly shadow: readonly [number, number, number];
} & (
  | {
      readonly vehicle: Extract<Actor, { vehicle: unknown }>["vehicle"];
      readonly pedestrian?: undefined;
      readonly at?: undefined;
    }
  | {
      readonly vehicle?: undefined;
      readonly pedestrian: Extract<Actor, { pedestrian: unknown }>["pedestrian"];
      readonly at: NonNullable<ReturnType<typeof stance>>;
    }
);

/** Where an actor is, or nothing if no part of it or its shadow can be in the window. */
function locate(actor: Actor, seconds: number, camera: Camera, window: Window): Located[] {
  if ("vehicle" in actor) {
    const { vehicle } = actor;
    const y = vehiclePosition(vehicle, seconds);
    if (y === undefined || !isNear(camera, window, vehicle.x, y, 9)) return [];
    const { width, length, height } = vehicle.shape;
    const shadow = [width / 2, length / 2, height * 0.85] as const;
    return [{ actor, x: vehicle.x, y, shadow, vehicle }];
  }
  const { pedestrian } = actor;
  const at = stance(pedestrian, seconds);
  if (!at || !isNear(camera, window, at.x, at.y, 4)) return [];
  const shadow = [0.2, 0.2, pedestrian.look.height * 0.95] as const;
  return [{ actor, x: at.x, y: at.y, shadow, pedestrian, at }];
}

/** Whether a ball around a point on the ground can reach the window. */
function isNear(camera: Camera, window: Window, x: number, y: number, radius: number): boolean {
  const point = new Float64Array(3);
  project(camera, x, y, 1, point, 0);
  const [px, py, depth] = point as unknown as [number, number, number];
  if (depth < 2.5) return false;
  const reach = (radius * camera.focal) / depth;
  return (
    px + reach > window.left &&
    px - reach < window.right &&
    py + reach > window.top &&
    py - reach < window.bottom
  );
}

function vehicleExtent(
  camera: Camera,
  shape: VehicleShape,
  x: number,
  y: number,
  direction: 1 | -1,
): [number, number, number, number] {
  const point = new Float64Array(3);
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points } of shape.faces) {
    for (const [px, py, pz] of points) {
      project(camera, x + px * direction, y + py * direction, pz, point, 0);
      x0 = Math.min(x0, point[0]!);
      x1 = Math.max(x1, point[0]!);
      y0 = Math.min(y0, point[1]!);
      y1 = Math.max(y1, point[1]!);
    }
  }
  return [x0, y0, x1, y1];
}

/** How much of the light on the ground the sun gives: 0 to 1. */
function shareOfSun(light: Lighting): number {
  const direct = light.sun[1] * light.towardsSun[2];
  return direct / (direct + light.ambient[1]);
}
