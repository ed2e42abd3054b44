import { type Rgb, scaled } from "./colour.ts";
import { addExtrusion, addFace, addFrustum, addSideDecal, type Mesh, type Point } from "./mesh.ts";
import type { Random } from "./random.ts";
import {
  addEndDecal,
  addLamps,
  addWheel,
  CHROME,
  DARK_TRIM,
  GLASS,
  paint,
  type VehicleShape,
} from "./vehicle.ts";

/** Measures of a body style; y and z in metres, the car facing +y. */
interface BodyStyle {
  readonly length: number;
  readonly width: number;
  readonly height: number;
  readonly belt: number;
  /** Foot and head of the windscreen and of the rear window, as fractions of half the length. */
  readonly windscreen: readonly [number, number];
  readonly rearWindow: readonly [number, number];
  readonly clearance: number;
}

const styles: readonly BodyStyle[] = [
  {
    // saloon
    length: 4.6,
    width: 1.82,
    height: 1.45,
    belt: 0.92,
    windscreen: [0.46, 0.12],
    rearWindow: [-0.72, -0.42],
    clearance: 0.2,
  },
  {
    // hatchback
    length: 3.95,
    width: 1.74,
    height: 1.48,
    belt: 0.94,
    windscreen: [0.52, 0.16],
    rearWindow: [-0.94, -0.74],
    clearance: 0.2,
  },
  {
    // estate
    length: 4.65,
    width: 1.82,
    height: 1.5,
    belt: 0.94,
    windscreen: [0.46, 0.14],
    rearWindow: [-0.96, -0.84],
    clearance: 0.2,
  },
  {
    // off-roader
    length: 4.5,
    width: 1.9,
    height: 1.74,
    belt: 1.08,
    windscreen: [0.45, 0.2],
    rearWindow: [-0.95, -0.85],
    clearance: 0.3,
  },
];

/** Builds a car: a saloon, hatchback, estate or off-roader in a random colour. */
export function createCar(random: Random): VehicleShape {
  const style = random.pick(styles);
  const stretch = random.range(0.96, 1.06);
  const length = style.length * stretch;
  const { width, belt, clearance } = style;
  const height = style.height * random.range(0.97, 1.03);
  const body = paint(random);
  const end = length / 2;
  const half = width / 2;
  const faces: Mesh = [];

  addExtrusion(
    faces,
    [
      [-end + 0.1, clearance],
      [end - 0.12, clearance],
      [end, clearance + 0.22],
      [end - 0.03, belt - 0.24],
      [style.windscreen[0] * end, belt - 0.02],
      [style.rearWindow[0] * end, belt],
      [-end + 0.02, belt - 0.1],
      [-end, clearance + 0.2],
    ],
    half,
    body,
  );
  addCabin(faces, style, end, half, height, random.chance(0.2) ? DARK_TRIM : body);
  addTrim(faces, style, end, half, body);

  const rim: Rgb = random.chance(0.6) ? [0.62, 0.63, 0.65] : [0.28, 0.28, 0.3];
  const radius = 0.31 + (clearance - 0.2) * 0.6;
  addWheel(faces, end * 0.62, radius, half, rim);
  addWheel(faces, -end * 0.6, radius, half, rim);
  return { faces, length, width, height };
}

function addCabin(
  faces: Mesh,
  style: BodyStyle,
  end: number,
  half: number,
  height: number,
  roof: Rgb,
): void {
  const { belt } = style;
  const [frontFoot, frontHead] = style.windscreen.map((v) => v * end) as [number, number];
  const [rearFoot, rearHead] = style.rearWindow.map((v) => v * end) as [number, number];
  const foot = { z: belt - 0.03, x0: -half * 0.95, x1: half * 0.95, y0: rearFoot, y1: frontFoot };
  const head = { z: height, x0: -half * 0.76, x1: half * 0.76, y0: rearHead, y1: frontHead };
  addFrustum(faces, foot, head, roof);

  // Glass lies a centimetre outside the cabin's faces, each pane a part of the face behind it.
  const at = (u: number, v: number, side: number): Point => {
    const y0 = foot.y0 + (head.y0 - foot.y0) * v;
    const y1 = foot.y1 + (head.y1 - foot.y1) * v;
    const x = foot.x1 + (head.x1 - foot.x1) * v + 0.012;
    return [side * x, y0 + (y1 - y0) * u, foot.z + (head.z - foot.z) * v];
  };
  for (const [u0, u1] of [
    [0.05, 0.46],
    [0.5, 0.93],
  ] as const) {
    const right = [at(u0, 0.14, 1), at(u1, 0.14, 1), at(u1, 0.86, 1), at(u0, 0.86, 1)];
    const left = [at(u1, 0.14, -1), at(u0, 0.14, -1), at(u0, 0.86, -1), at(u1, 0.86, -1)];
    addFace(faces, right, GLASS);
    addFace(faces, left, GLASS);
  }
  const pane = (sign: 1 | -1, v0: number, v1: number, albedo: Rgb): void => {
    const corner = (s: number, v: number): Point => {
      const y = sign > 0 ? foot.y1 + (head.y1 - foot.y1) * v : foot.y0 + (head.y0 - foot.y0) * v;
      const x = (foot.x1 + (head.x1 - foot.x1) * v) * 0.9;
      return [s * x, y + sign * 0.015, foot.z + (head.z - foot.z) * v + 0.008];
    };
    const points = [corner(sign, v0), corner(-sign, v0), corner(-sign, v1), corner(sign, v1)];
    addFace(faces, points, albedo);
  };
  pane(1, 0.1, 0.62, GLASS);
  pane(1, 0.62, 0.92, [0.24, 0.31, 0.38]);
  pane(-1, 0.14, 0.6, GLASS);
  pane(-1, 0.6, 0.88, [0.22, 0.28, 0.34]);
}

function addTrim(faces: Mesh, style: BodyStyle, end: number, half: number, body: Rgb): void {
  const { belt, clearance } = style;
  const x = half + 0.004;
  const strip = (y0: number, y1: number, z0: number, z1: number, albedo: Rgb): void =>
    addSideDecal(
      faces,
      [
        [y0, z0],
        [y1, z0],
        [y1, z1],
        [y0, z1],
      ],
      x,
      albedo,
    );
  strip(-end + 0.08, end - 0.08, clearance, clearance + 0.12, DARK_TRIM);
  const line = scaled(body, 0.55);
  strip(-0.06 * end, -0.06 * end + 0.03, clearance + 0.12, belt - 0.1, line);
  strip(0.42 * end, 0.42 * end + 0.03, clearance + 0.12, belt - 0.16, line);
  strip(-0.16 * end, -0.16 * end + 0.16, belt - 0.2, belt - 0.15, CHROME);
  strip(0.28 * end, 0.28 * end + 0.16, belt - 0.2, belt - 0.15, CHROME);

  const lampTop = belt - 0.26;
  const nose = end + 0.012;
  addLamps(faces, 1, nose, [half * 0.55, half * 0.94], [lampTop - 0.16, lampTop]);
  addEndDecal(
    faces,
    1,
    nose,
    [-half * 0.5, half * 0.5],
    [lampTop - 0.14, lampTop - 0.02],
    [0.1, 0.1, 0.11],
  );
  addEndDecal(
    faces,
    1,
    nose,
    [-half * 0.9, half * 0.9],
    [clearance + 0.08, clearance + 0.2],
    [0.16, 0.16, 0.17],
  );
  const tail = -end - 0.012;
  addLamps(faces, -1, tail, [half * 0.6, half * 0.95], [belt - 0.32, belt - 0.14]);
  addEndDecal(faces, -1, tail, [-0.26, 0.26], [belt - 0.36, belt - 0.24], [0.9, 0.88, 0.75]);
  addEndDecal(
    faces,
    -1,
    tail,
    [-half * 0.92, half * 0.92],
    [clearance + 0.06, clearance + 0.2],
    [0.15, 0.15, 0.16],
  );
}
