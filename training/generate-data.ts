// Makes a data set for the starter detector out of synthetic scenes: many seeds, every axis of
// difficulty drawn at random, a few moments of each, through H.264 and back.
//
//   node training/generate-data.ts --out data/training/train --from 100000 --seeds 200
//
// Leaves images.bin (frames of 640*360*3 bytes, rgb24) and labels.jsonl (one line per frame).

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createRandom,
  createScene,
  type Difficulty,
  type DifficultyParameters,
  h264OutputArguments,
  type Random,
  rawInputArguments,
  type Scene,
} from "@framequeue/synth";
import { runFfmpeg } from "./run-ffmpeg.ts";

const WIDTH = 640;
const HEIGHT = 360;
const MOMENTS = 12;
const SECONDS = 60;

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    from: { type: "string" },
    seeds: { type: "string" },
    difficulty: { type: "string" },
  },
});
if (!values.out || !values.from || !values.seeds) {
  throw new Error(
    "usage: generate-data.ts --out DIR --from SEED --seeds COUNT [--difficulty NAME]",
  );
}
const folder = values.out;
const firstSeed = Number(values.from);
const seedCount = Number(values.seeds);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "images.bin"), "");
writeFileSync(join(folder, "labels.jsonl"), "");

for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) {
  await addSeed(seed);
  if ((seed - firstSeed) % 20 === 19) console.log(`${seed - firstSeed + 1} of ${seedCount} seeds`);
}

async function addSeed(seed: number): Promise<void> {
  const random = createRandom(seed, 500);
  const large = random.chance(0.15);
  const scene = createScene({
    seed,
    seconds: SECONDS,
    width: large ? 960 : 640,
    height: large ? 540 : 360,
    difficulty: (values.difficulty as Difficulty | undefined) ?? randomDifficulty(random),
  });
  // Each moment is two consecutive frames; the second, which H.264 predicts from the first, is kept.
  const step = Math.floor(scene.frames / MOMENTS);
  const moments = Array.from({ length: MOMENTS }, (_, i) => i * step + random.integer(0, step - 2));
  const video = join(folder, "clip.mp4");
  await runFfmpeg(
    [...rawInputArguments(scene), ...h264OutputArguments(scene, video)],
    moments.flatMap((frame) => [renderFrame(scene, frame), renderFrame(scene, frame + 1)]),
  );
  const scaler = random.pick(["bicubic", "bilinear", "area", "fast_bilinear"]);
  const decoded = await runFfmpeg([
    ...["-i", video, "-vf", `scale=${WIDTH}:${HEIGHT}:flags=${scaler}`],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  ]);
  rmSync(video);
  const size = WIDTH * HEIGHT * 3;
  if (decoded.length !== 2 * MOMENTS * size) throw new Error(`seed ${seed}: frames are missing`);
  moments.forEach((frame, i) => {
    const start = (2 * i + 1) * size;
    appendFileSync(join(folder, "images.bin"), decoded.subarray(start, start + size));
    appendFileSync(join(folder, "labels.jsonl"), labelLine(scene, seed, frame + 1));
  });
}

function renderFrame(scene: Scene, frame: number): Uint8Array {
  const buffer = new Uint8Array(scene.width * scene.height * 3);
  scene.render(frame, buffer);
  return buffer;
}

/** {"seed","frame","objects":[[class, counts (1) or not (0), x, y, w, h], …]} in 640x360 pixels. */
function labelLine(scene: Scene, seed: number, frame: number): string {
  const scale = WIDTH / scene.width;
  const objects = scene
    .groundTruth(frame)
    .map(({ classId, scored, box }) => [
      classId,
      scored ? 1 : 0,
      ...box.map((value) => Number((value * scale).toFixed(2))),
    ]);
  return `${JSON.stringify({ seed, frame, objects })}\n`;
}

function randomDifficulty(random: Random): DifficultyParameters {
  return {
    density: random.range(0.4, 1.7),
    darkness: random.chance(0.5) ? random.range(0, 0.25) : random.range(0.25, 0.85),
    noise: random.chance(0.2) ? 0 : random.range(0, 9),
    blur: random.chance(0.2) ? 0 : random.range(0, 1.2),
    compression: random.integer(17, 35),
    shake: random.chance(0.5) ? 0 : random.range(0, 3),
    occlusion: random.range(0, 1),
    hoardings: 0,
    lens: 1,
  };
}
