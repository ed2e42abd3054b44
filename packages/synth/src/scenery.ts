import type { Brush } from "./brush.ts";
import { type Camera, project } from "./camera.ts";
import { blend, type Rgb, scaled } from "./colour.ts";
import { createFacePainter } from "./face-painter.ts";
import type { Building, Footbridge, Hoarding, Layout, Tree } from "./layout.ts";
import { type Lighting, shade } from "./lighting.ts";
import { addBox, addFace, type Mesh } from "./mesh.ts";
import { createScreenPolygon } from "./polygon.ts";
import { createRandom } from "./random.ts";
import { PAVEMENT_INNER, PAVEMENT_OUTER } from "./road.ts";
import { cosine, PI, sine } from "./trigonometry.ts";

/** Draws what stands still over the ground: houses, trees, lamp posts, hoardings and the footbridge. */
export function paintScenery(brush: Brush, camera: Camera, layout: Layout, light: Lighting): void {
  const mesh: Mesh = [];
  for (const building of layout.buildings) addBuilding(mesh, building, light.darkness);
  for (const post of layout.lampPosts) addLampPost(mesh, post.x, post.y);
  if (layout.footbridge) addFootbridge(mesh, layout.footbridge);
  for (const hoarding of layout.hoardings) addHoarding(mesh, hoarding);
  const paintFace = createFacePainter(camera, light, brush);
  brush.begin(0);
  for (const face of mesh) paintFace(face, 0, 0, 1, 1);
  for (const tree of layout.trees) paintTree(brush, camera, light, tree);
}

function addBuilding(mesh: Mesh, building: Building, darkness: number): void {
  const { x0, x1, y0, y1, height, wall, roof } = building;
  const random = createRandom(building.seed, 1);
  addBox(mesh, x0, x1, y0, y1, 0, height, wall);
  addBox(mesh, x0 - 0.25, x1 + 0.25, y0 - 0.25, y1 + 0.25, height, height + 0.35, roof);
  const outwards = x0 > 0 ? -1 : 1;
  const wallX = x0 > 0 ? x0 : x1;
  // Frames lie on the wall and glass on the frames, each far enough out to win at any distance.
  const frontPane = (
    lift: number,
    [ya, yb]: readonly [number, number],
    [za, zb]: readonly [number, number],
    albedo: Rgb,
    glow = 0,
  ): void => {
    const x = wallX + outwards * lift;
    const [first, last] = outwards < 0 ? [yb, ya] : [ya, yb];
    const points = [
      [x, first, za],
      [x, last, za],
      [x, last, zb],
      [x, first, zb],
    ] as const;
    addFace(mesh, points, albedo, glow);
  };
  const floors = Math.floor((height - 0.5) / 3.1);
  for (let floor = 0; floor < floors; floor++) {
    const z = 0.9 + floor * 3.1;
    for (let y = y0 + 1; y + 1.5 < y1; y += 2.6) {
      const lit = darkness > 0.3 && random.chance(0.35);
      const glass: Rgb = lit
        ? [0.95, 0.8, 0.5]
        : blend([0.16, 0.2, 0.26], [0.4, 0.5, 0.6], random.next() * 0.6);
      frontPane(0.04, [y - 0.1, y + 1.4], [z - 0.1, z + 1.75], scaled(wall, 1.15));
      frontPane(0.08, [y, y + 1.3], [z, z + 1.65], glass, lit ? 1 : 0);
    }
    // The side that looks back at the camera.
    for (let x = x0 + 1; x + 1.5 < x1; x += 3) {
      const points = [
        [x, y0 - 0.04, z],
        [x + 1.2, y0 - 0.04, z],
        [x + 1.2, y0 - 0.04, z + 1.6],
        [x, y0 - 0.04, z + 1.6],
      ] as const;
      addFace(mesh, points, [0.2, 0.24, 0.3]);
    }
  }
}

function addLampPost(mesh: Mesh, x: number, y: number): void {
  const steel: Rgb = [0.3, 0.32, 0.33];
  const inwards = x > 0 ? -1 : 1;
  addBox(mesh, x - 0.06, x + 0.06, y - 0.06, y + 0.06, 0, 6.6, steel);
  const armX = [x, x + inwards * 1.7].toSorted((a, b) => a - b) as [number, number];
  addBox(mesh, armX[0], armX[1], y - 0.04, y + 0.04, 6.5, 6.6, steel);
  const headX = x + inwards * 1.7;
  addBox(mesh, headX - 0.35, headX + 0.35, y - 0.12, y + 0.12, 6.42, 6.6, [0.75, 0.75, 0.72]);
}

function addFootbridge(mesh: Mesh, bridge: Footbridge): void {
  const { y0, y1, underside, colour } = bridge;
  const reach = PAVEMENT_OUTER + 1.2;
  const deck = underside + 0.55;
  addBox(mesh, -reach, reach, y0, y1, underside, deck, colour);
  addBox(
    mesh,
    -reach,
    reach,
    y0 - 0.05,
    y0 + 0.02,
    underside - 0.12,
    underside + 0.1,
    scaled(colour, 0.7),
  );
  for (const y of [y0 + 0.06, y1 - 0.06]) {
    addBox(mesh, -reach, reach, y - 0.04, y + 0.04, deck + 1.02, deck + 1.12, scaled(colour, 0.8));
    for (let x = -reach; x <= reach; x += 0.55) {
      addBox(
        mesh,
        x - 0.025,
        x + 0.025,
        y - 0.025,
        y + 0.025,
        deck,
        deck + 1.05,
        scaled(colour, 0.75),
      );
    }
  }
  const middle = (y0 + y1) / 2;
  for (const x of [-(PAVEMENT_INNER + 2.9), PAVEMENT_INNER + 2.9]) {
    addBox(mesh, x - 0.3, x + 0.3, middle - 0.4, middle + 0.4, 0, underside, scaled(colour, 0.9));
  }
}

/** Boards between posts. */
function addHoarding(mesh: Mesh, { x, y0, y1, height, colour }: Hoarding): void {
  addBox(mesh, x - 0.03, x + 0.03, y0, y1, 0, height, colour);
  for (let y = y0; y <= y1; y += 1.2) {
    addBox(mesh, x - 0.07, x + 0.07, y - 0.05, y + 0.05, 0, height + 0.1, scaled(colour, 0.7));
  }
}

/** A trunk, and a crown of many small irregular leaves that let some of the background through. */
function paintTree(brush: Brush, camera: Camera, light: Lighting, tree: Tree): void {
  const random = createRandom(tree.seed, 2);
  const mesh: Mesh = [];
  const trunk = 0.05 + tree.height * 0.01;
  const bark: Rgb = [0.32, 0.25, 0.18];
  addBox(
    mesh,
    tree.x - trunk,
    tree.x + trunk,
    tree.y - trunk,
    tree.y + trunk,
    0,
    tree.height * 0.62,
    bark,
  );
  const paintFace = createFacePainter(camera, light, brush);
  for (const face of mesh) paintFace(face, 0, 0, 1, 0.6);

  const polygon = createScreenPolygon();
  const centre = new Float64Array(3);
  const clumps = Array.from({ length: 9 }, () => {
    const angle = random.range(0, 2 * PI);
    const out = tree.crown * random.range(0.15, 0.62);
    return {
      x: tree.x + out * cosine(angle),
      y: tree.y + out * sine(angle),
      z: tree.height - tree.crown * random.range(0.4, 1.5),
      radius: tree.crown * random.range(0.4, 0.62),
    };
  });
  const leaves = Math.round(150 + tree.crown * tree.crown * 130);
  for (let i = 0; i < leaves; i++) {
    const clump = random.pick(clumps);
    // A point in the ball, more of them near its surface.
    const height = random.range(-1, 1);
    const angle = random.range(0, 2 * PI);
    const flat = Math.sqrt(1 - height * height);
    const out = clump.radius * (0.55 + 0.45 * random.next());
    const nx = flat * cosine(angle);
    const ny = flat * sine(angle);
    project(
      camera,
      clump.x + out * nx,
      clump.y + out * ny,
      clump.z + out * height * 0.85,
      centre,
      0,
    );
    const radius = (random.range(0.1, 0.22) * camera.focal) / centre[2]!;
    polygon.count = 6;
    const turn = random.range(0, PI);
    for (let k = 0; k < 6; k++) {
      const a = turn + (k * PI) / 3;
      const r = radius * (k % 2 === 0 ? 1.1 : 0.8);
      polygon.vertices[3 * k] = centre[0]! + r * cosine(a);
      polygon.vertices[3 * k + 1] = centre[1]! + r * sine(a) * 0.8;
      polygon.vertices[3 * k + 2] = centre[2]!;
    }
    const inner = 0.75 + 0.35 * (out / clump.radius - 0.55) * 2 + random.range(-0.12, 0.12);
    const colour = scaled(tree.leaf, inner + 0.22 * height);
    brush.paint(polygon, shade(light, colour, nx, ny, height, 1, centre[2]!));
  }
}
