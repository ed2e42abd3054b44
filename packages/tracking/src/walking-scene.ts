import type { BoxXyxy } from "@framequeue/vision";
import type { TrackerInput } from "./tracker.ts";

/** What tests and timings track: boxes on random walks, some missed, some seen faintly. */
export interface WalkingSceneOptions {
  readonly seed: number;
  readonly frames: number;
  readonly objects: number;
  readonly classes?: number;
  readonly width?: number;
  readonly height?: number;
  /** Share of objects not detected in a frame. */
  readonly missed?: number;
  /** Share of detections with a score below 0.6. */
  readonly faint?: number;
  /** Numbers of a feature vector, by which objects look alike from frame to frame; none by default. */
  readonly looks?: number;
}

/** How far each number of a look strays, as a share of what it is on average. */
const STRAY = 0.5;

/** One input per frame, detections by falling score. The same options give the same scene. */
export function walkingScene(options: WalkingSceneOptions): TrackerInput[] {
  const { seed, frames, objects, classes = 1, missed = 0.05, faint = 0.1 } = options;
  const { width = 1920, height = 1080, looks } = options;
  const random = uniform(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  // from numbers of their own, so that the boxes are the same with and without
  const straying = uniform(seed + 1);
  const vector = (): Float32Array =>
    Float32Array.from({ length: looks ?? 0 }, () => straying() - 0.5);
  const walkers = Array.from({ length: objects }, (_, index) => ({
    x: between(0, width),
    y: between(0, height),
    dx: between(-4, 4),
    dy: between(-2, 2),
    width: between(30, 90),
    height: between(60, 200),
    classId: index % classes,
    look: vector(),
  }));
  return Array.from({ length: frames }, () => {
    const detections: { box: BoxXyxy; score: number; classId: number; look: Float32Array }[] = [];
    for (const walker of walkers) {
      walker.dx += between(-0.5, 0.5);
      walker.dy += between(-0.3, 0.3);
      walker.x += walker.dx;
      walker.y += walker.dy;
      if (walker.x < 0 || walker.x > width) walker.dx = -walker.dx;
      if (walker.y < 0 || walker.y > height) walker.dy = -walker.dy;
      if (random() < missed) continue;
      const x = walker.x + between(-1, 1);
      const y = walker.y + between(-1, 1);
      const halfWidth = (walker.width * between(0.98, 1.02)) / 2;
      const halfHeight = (walker.height * between(0.98, 1.02)) / 2;
      const score = random() < faint ? between(0.1, 0.6) : between(0.6, 1);
      const box: BoxXyxy = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
      detections.push({
        ...{ box, score, classId: walker.classId },
        look: walker.look.map((value) => value + STRAY * (straying() - 0.5)),
      });
    }
    detections.sort((a, b) => b.score - a.score);
    return {
      boxes: detections.map(({ box }) => box),
      scores: detections.map(({ score }) => score),
      classIds: detections.map(({ classId }) => classId),
      ...(looks === undefined ? {} : { features: detections.map(({ look }) => look) }),
    };
  });
}

/** Mulberry32: 32 bits of state, numbers from 0 up to 1. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
