import type { Brush } from "./brush.ts";
import { type Camera, project } from "./camera.ts";
import { capsule } from "./capsule.ts";
import type { Rgb } from "./colour.ts";
import { type Lighting, shade } from "./lighting.ts";
import type { PersonLook } from "./person-look.ts";
import { createScreenPolygon } from "./polygon.ts";
import { cosine, PI, sine } from "./trigonometry.ts";

/** Where somebody is on their way. */
export interface Stance {
  readonly x: number;
  readonly y: number;
  /** Unit vector of the walk. */
  readonly headingX: number;
  readonly headingY: number;
  /** Metres walked so far: the phase of the stride. */
  readonly walked: number;
}

/** Draws people out of rounded limbs that swing with their stride. */
export interface PersonPainter {
  draw(look: PersonLook, at: Stance, sunlight: number): void;
  /** Canvas extent of the last drawn person, hidden or outside parts included: x0, y0, x1, y1. */
  readonly extent: Float64Array;
}

/** A point of the body in metres: forwards, to the left, up; and the limb's radius there. */
type Joint = readonly [number, number, number, number];
type DrawLimb = (from: Joint, to: Joint, albedo: Rgb) => void;

export function createPersonPainter(camera: Camera, light: Lighting, brush: Brush): PersonPainter {
  const extent = new Float64Array(4);
  const ends = new Float64Array(6);
  const polygon = createScreenPolygon();
  const { towardsSun } = light;
  // The side of a limb towards the sun is the lit one.
  const sunRight = towardsSun[0] * camera.right[0] + towardsSun[1] * camera.right[1] >= 0 ? 1 : -1;
  const towardsX = -camera.forward[0];
  const towardsY = -camera.forward[1];

  const limb = (at: Stance, sunlight: number, a: Joint, b: Joint, albedo: Rgb): void => {
    placeJoint(camera, at, a, ends, 0);
    placeJoint(camera, at, b, ends, 3);
    const [ax, ay, , bx, by] = ends as unknown as [number, number, number, number, number];
    // A limb is thin against its distance: one depth for all of it sorts limbs well enough.
    const depth = (ends[2]! + ends[5]!) / 2;
    const scale = camera.focal / depth;
    const r0 = a[3] * scale;
    const r1 = b[3] * scale;
    include(extent, ax, ay, r0);
    include(extent, bx, by, r1);
    capsule(polygon, ax, ay, r0, bx, by, r1, depth);
    brush.paint(polygon, shade(light, albedo, towardsX, towardsY, 0.25, 0.12 * sunlight, depth));
    if (r0 + r1 < 2.5) return;
    // A narrower limb towards the sun over the shaded one makes it look round.
    const shift = sunRight * 0.34;
    capsule(
      polygon,
      ax + shift * r0,
      ay - 0.1 * r0,
      r0 * 0.6,
      bx + shift * r1,
      by - 0.1 * r1,
      r1 * 0.6,
      depth - 0.01,
    );
    const lit = 0.25 + 0.75 * sunlight;
    brush.paint(polygon, shade(light, albedo, towardsSun[0], towardsSun[1], 0.5, lit, depth));
  };

  return {
    extent,
    draw(look, at, sunlight) {
      extent[0] = extent[1] = Infinity;
      extent[2] = extent[3] = -Infinity;
      const frontal = frontalShare(camera, at);
      drawBody(look, at.walked, frontal, (from, to, albedo) =>
        limb(at, sunlight, from, to, albedo),
      );
    },
  };
}

/** Strides, hips, knees and elbows; angles in radians, lengths as shares of body height. */
function drawBody(look: PersonLook, walked: number, frontal: number, limb: DrawLimb): void {
  const h = look.height;
  const phase = (walked / (0.83 * h)) * PI;
  const swing = sine(phase);
  const bob = 0.012 * h * cosine(2 * phase);
  // Shoulders are wider than the chest is deep.
  const chest = (0.078 + 0.034 * frontal) * h * look.build;
  const hip = 0.5 * h + bob;
  const shoulder = 0.8 * h + bob;
  for (const side of [1, -1]) {
    drawLeg(look, side, phase, swing, hip, limb);
    drawArm(look, side, swing, shoulder, limb);
  }
  const chestZ = shoulder - chest * 0.75;
  limb([0, 0, hip + 0.02 * h, chest * 0.86], [0.01 * h, 0, chestZ, chest], look.top);
  if (look.skirt) {
    limb([0, 0, hip + 0.02 * h, chest * 0.85], [0, 0, hip - 0.16 * h, chest * 1.08], look.legs);
  }
  if (look.backpack) {
    const a = -0.085 * h;
    const top = shoulder - 0.06 * h;
    limb([a, 0, hip + 0.1 * h, 0.065 * h], [a, 0, top, 0.07 * h], look.backpack);
  }
  const headZ = 0.925 * h + bob;
  const neck = 0.032 * h;
  limb([0.01 * h, 0, shoulder, neck], [0.01 * h, 0, headZ - 0.03 * h, neck], look.skin);
  const face = 0.018 * h;
  limb([face, 0, headZ - 0.018 * h, 0.056 * h], [face, 0, headZ + 0.015 * h, 0.058 * h], look.skin);
  const hairZ = headZ + (look.longHair ? -0.07 : 0.005) * h;
  limb([-0.014 * h, 0, hairZ, 0.052 * h], [-0.004 * h, 0, headZ + 0.025 * h, 0.058 * h], look.hair);
}

function drawLeg(
  look: PersonLook,
  side: number,
  phase: number,
  swing: number,
  hip: number,
  limb: DrawLimb,
): void {
  const h = look.height;
  const thigh = 0.245 * h;
  const shin = 0.235 * h;
  const angle = 0.46 * swing * side;
  // The knee bends while its leg comes forward.
  const lift = -cosine(phase) * side;
  const bend = 0.12 + (lift > 0 ? 0.75 * lift : 0);
  const kneeA = thigh * sine(angle);
  const kneeZ = hip - thigh * cosine(angle);
  const footA = kneeA + shin * sine(angle - bend);
  const footZ = Math.max(0.04 * h, kneeZ - shin * cosine(angle - bend));
  const b = side * 0.05 * h;
  const colour = look.skirt ? look.skin : look.legs;
  limb([0, b, hip, 0.052 * h * look.build], [kneeA, b, kneeZ, 0.038 * h], colour);
  limb([kneeA, b, kneeZ, 0.037 * h], [footA, b, footZ, 0.026 * h], colour);
  const heel: Joint = [footA - 0.01, b, footZ - 0.012 * h, 0.026 * h];
  limb(heel, [footA + 0.085 * h, b, footZ - 0.018 * h, 0.018 * h], look.shoes);
}

function drawArm(
  look: PersonLook,
  side: number,
  swing: number,
  shoulder: number,
  limb: DrawLimb,
): void {
  const h = look.height;
  const angle = -0.5 * swing * side;
  const b = side * 0.115 * h * look.build;
  const elbowA = 0.165 * h * sine(angle);
  const elbowZ = shoulder - 0.03 * h - 0.165 * h * cosine(angle);
  const handA = elbowA + 0.155 * h * sine(angle + 0.35);
  const handZ = elbowZ - 0.155 * h * cosine(angle + 0.35);
  const sleeve = look.longSleeves ? look.top : look.skin;
  limb([0, b * 0.92, shoulder - 0.02 * h, 0.03 * h], [elbowA, b, elbowZ, 0.026 * h], look.top);
  limb([elbowA, b, elbowZ, 0.025 * h], [handA, b, handZ, 0.02 * h], sleeve);
  limb([handA, b, handZ, 0.022 * h], [handA + 0.02, b, handZ - 0.02 * h, 0.02 * h], look.skin);
}

/** How much of somebody's front or back is seen: 0 from the side, 1 from before or behind. */
function frontalShare(camera: Camera, at: Stance): number {
  const x = at.x - camera.x;
  const y = at.y - camera.y;
  const length = Math.sqrt(x * x + y * y) || 1;
  return Math.abs((at.headingX * x + at.headingY * y) / length);
}

function placeJoint(
  camera: Camera,
  at: Stance,
  [forwards, left, up]: Joint,
  target: Float64Array,
  offset: number,
): void {
  const x = at.x + at.headingX * forwards - at.headingY * left;
  const y = at.y + at.headingY * forwards + at.headingX * left;
  project(camera, x, y, up, target, offset);
}

function include(extent: Float64Array, x: number, y: number, radius: number): void {
  extent[0] = Math.min(extent[0]!, x - radius);
  extent[1] = Math.min(extent[1]!, y - radius);
  extent[2] = Math.max(extent[2]!, x + radius);
  extent[3] = Math.max(extent[3]!, y + radius);
}
