import assert from "node:assert/strict";
import { test } from "node:test";
import { type BoxXyxy, findLandmarks, type Landmarks } from "@framequeue/vision";
import type { CameraMotion } from "./camera-motion.ts";
import { CameraFollower } from "./camera-follower.ts";

const SIZE = { width: 416, height: 234 };

/** Where the camera looks: world point in the middle, zoom, and radians. */
interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom?: number;
  readonly turn?: number;
}

/** A grey rectangle: x1, y1, x2, y2, level. */
type Patch = readonly [number, number, number, number, number];

/** The world reaches so far from its middle, and is drawn in quarters of a unit. */
const REACH = 600;
const FINE = 4;
const ACROSS = 2 * REACH * FINE;
const world = new Uint8Array(ACROSS * ACROSS).fill(25);
for (const [x1, y1, x2, y2, level] of patches(700, REACH - 60)) {
  for (let row = Math.round((y1 + REACH) * FINE); row < (y2 + REACH) * FINE; row++) {
    const start = row * ACROSS + REACH * FINE;
    world.fill(level, start + Math.round(x1 * FINE), start + Math.round(x2 * FINE));
  }
}

function patches(count: number, reach: number): Patch[] {
  let state = 11;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return Array.from({ length: count }, () => {
    const [x, y] = [(2 * next() - 1) * reach, (2 * next() - 1) * reach];
    return [x, y, x + 8 + 50 * next(), y + 8 + 50 * next(), Math.floor(40 + 200 * next())];
  });
}

/** What is seen: each pixel the mean of 16 points. Patches over it are fixed to the picture. */
function render(view: View, over: readonly Patch[] = []): Landmarks {
  const { width, height } = SIZE;
  const { x, y, zoom = 1, turn = 0 } = view;
  const [cosine, sine] = [Math.cos(turn) / zoom, Math.sin(turn) / zoom];
  const plane = new Uint8Array(width * height);
  for (let at = 0; at < plane.length; at++) {
    const [px, py] = [at % width, Math.floor(at / width)];
    let sum = 0;
    for (let i = 0; i < 16; i++) {
      const u = px + ((i % 4) + 0.5) / 4 - width / 2;
      const v = py + (Math.floor(i / 4) + 0.5) / 4 - height / 2;
      const column = Math.floor((x + cosine * u - sine * v + REACH) * FINE);
      const row = Math.floor((y + sine * u + cosine * v + REACH) * FINE);
      sum += world[row * ACROSS + column]!;
    }
    plane[at] = sum / 16;
  }
  for (const [x1, y1, x2, y2, level] of over) {
    for (let row = Math.round(y1); row < y2; row++) {
      plane.fill(level, row * width + Math.round(x1), row * width + Math.round(x2));
    }
  }
  return findLandmarks(Uint8Array.from([...plane, ...plane, ...plane]), SIZE);
}

/** How far a motion puts a corner of the picture from where the views put it, at most, pixels. */
function worstError(motion: CameraMotion | undefined, before: View, after: View): number {
  assert.ok(motion !== undefined, "no motion was found");
  const [m00, m01, tx, m10, m11, ty] = motion;
  const { width, height } = SIZE;
  const errors = [0, width].flatMap((x) =>
    [0, height].map((y) => {
      const at = project(unproject([x, y], before), after);
      return Math.hypot(m00 * x + m01 * y + tx - at[0], m10 * x + m11 * y + ty - at[1]);
    }),
  );
  return Math.max(...errors);
}

type Point = readonly [number, number];

function unproject([px, py]: Point, { x, y, zoom = 1, turn = 0 }: View): Point {
  const [u, v] = [(px - SIZE.width / 2) / zoom, (py - SIZE.height / 2) / zoom];
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  return [x + cosine * u - sine * v, y + sine * u + cosine * v];
}

function project([wx, wy]: Point, { x, y, zoom = 1, turn = 0 }: View): Point {
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const [u, v] = [wx - x, wy - y];
  return [
    zoom * (cosine * u + sine * v) + SIZE.width / 2,
    zoom * (cosine * v - sine * u) + SIZE.height / 2,
  ];
}

function motionBetween(before: View, after: View): CameraMotion | undefined {
  const follower = new CameraFollower(SIZE);
  assert.equal(follower.see(render(before), []), undefined);
  return follower.see(render(after), []);
}

const START: View = { x: 0, y: 0 };

for (const [what, after, limit] of [
  ["a camera that stands still", { x: 0, y: 0 }, 1e-9],
  ["a pan by whole pixels", { x: 9, y: -4 }, 0.02],
  ["a pan by parts of pixels", { x: 5.3, y: 2.7 }, 0.2],
  ["a quick pan", { x: 60, y: 25 }, 0.1],
  ["a zoom", { x: 0, y: 0, zoom: 1.05 }, 0.3],
  ["a turn", { x: 0, y: 0, turn: 0.03 }, 0.3],
  ["all at once", { x: -11, y: 6, zoom: 0.96, turn: -0.04 }, 0.4],
] as const) {
  test(`${what} is told to ${limit} pixels`, () => {
    const error = worstError(motionBetween(START, after), START, after);
    assert.ok(error <= limit, `${error} pixels`);
  });
}

test("what lies in the boxes of detections has no say, however large it is", () => {
  // a poster that fills most of the picture, and hangs 30 pixels further left in the second one
  const poster = patches(200, 60).map(([x1, y1, x2, y2, level]): Patch => {
    return [1.5 * x1 + 190, 1.1 * y1 + 85, 1.5 * x2 + 190, 1.1 * y2 + 85, level];
  });
  const moved = poster.map(([x1, y1, x2, y2, level]): Patch => [x1 - 30, y1, x2 - 30, y2, level]);
  const boxAround = (shift: number): BoxXyxy => [98 - shift, 18, 368 - shift, 216];
  const after = { x: 7, y: 3 };
  const follower = new CameraFollower(SIZE);
  follower.see(render(START, poster), [boxAround(0)]);
  const motion = follower.see(render(after, moved), [boxAround(30)]);
  assert.ok(worstError(motion, START, after) < 0.3);
  // with a say it is taken for the world
  const deceived = new CameraFollower(SIZE);
  deceived.see(render(START, poster), []);
  assert.ok(worstError(deceived.see(render(after, moved), []), START, after) > 10);
});

test("another place, or a picture without landmarks, tells nothing, and is no reason to forget", () => {
  const follower = new CameraFollower(SIZE);
  follower.see(render(START), []);
  const blank = { positions: new Uint16Array(), descriptions: new Uint32Array() };
  assert.equal(follower.see(blank, []), undefined);
  assert.equal(follower.see(render({ x: 0, y: 0 }), [[0, 0, 416, 234]]), undefined);
  // after the gap from where it stood
  const after = { x: 8, y: 2 };
  assert.ok(worstError(follower.see(render(after), []), START, after) < 0.1);
  // a cut
  assert.equal(follower.see(render({ x: 420, y: -380 }), []), undefined);
});

test("a follower that was saved goes on to the same numbers", () => {
  const views = [START, { x: 4, y: 1 }, { x: 9, y: 3, turn: 0.01 }, { x: 15, y: 4, zoom: 1.02 }];
  const pictures = views.map((view) => render(view));
  const whole = new CameraFollower(SIZE);
  const motions = pictures.map((landmarks) => whole.see(landmarks, []));
  let saved = "";
  const resumed = pictures.map((landmarks) => {
    const follower = new CameraFollower(SIZE, saved);
    const motion = follower.see(landmarks, []);
    saved = follower.save();
    return motion;
  });
  assert.deepEqual(resumed, motions);
  assert.ok(motions.slice(1).every((motion) => motion !== undefined));
});
