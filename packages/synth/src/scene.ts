import { createActors } from "./actors.ts";
import { SUPERSAMPLING, type Window } from "./canvas.ts";
import { type Difficulty, type DifficultyParameters, difficultyParameters } from "./difficulty.ts";
import type { GroundTruthBox } from "./ground-truth.ts";
import { createLayout } from "./layout.ts";
import { createRandom, mix } from "./random.ts";
import { createSensor, type PixelLayout } from "./sensor.ts";
import { createStage } from "./stage.ts";
import { measure } from "./tally.ts";
import { sine } from "./trigonometry.ts";

export interface SceneOptions {
  /** Any integer: everything in the scene follows from it. */
  readonly seed: number;
  /** Pixels; even. */
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly seconds: number;
  readonly difficulty?: Difficulty | Partial<DifficultyParameters>;
  readonly layout?: PixelLayout;
}

/**
 * A street with traffic, seen by one camera. Frames can be asked for in any order: each depends on
 * the options and its number alone, byte for byte.
 */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly layout: PixelLayout;
  readonly difficulty: DifficultyParameters;
  /** Writes a frame's width * height * 3 bytes. Throws RangeError on a wrong frame or size. */
  render(frame: number, target: Uint8Array): void;
  /** What is in a frame, in order of id; also what does not count, and what is wholly hidden. */
  groundTruth(frame: number): GroundTruthBox[];
  /**
   * Which object is seen at each canvas pixel of a frame: ids in a picture of twice the width and
   * height, row-major, 0 for the surroundings.
   */
  idPicture(frame: number): Uint16Array;
}

/** @throws RangeError if an option is out of its range */
export function createScene(options: SceneOptions): Scene {
  const { seed, width = 640, height = 360, fps = 25, seconds, layout = "rgb24" } = options;
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 64 || value % 2 !== 0) {
      throw new RangeError(`${name} is ${value}; it must be an even number of pixels from 64`);
    }
  }
  const frames = Math.round(seconds * fps);
  if (!(frames >= 1 && fps > 0)) throw new RangeError("a scene needs at least one frame");
  if (!Number.isInteger(seed)) throw new RangeError(`seed is ${seed}; it must be an integer`);
  const difficulty = difficultyParameters(options.difficulty ?? "normal");

  const streetLayout = createLayout(createRandom(seed, 10), difficulty);
  const actors = createActors(seed, difficulty, streetLayout.crossingY, seconds);
  const margin = SUPERSAMPLING * Math.ceil(difficulty.shake);
  const canvasWidth = width * SUPERSAMPLING + 2 * margin;
  const canvasHeight = height * SUPERSAMPLING + 2 * margin;
  const stage = createStage(canvasWidth, canvasHeight, streetLayout, difficulty);
  const sensor = createSensor(width, height, layout, difficulty, seed);

  // The last moment drawn is kept, because a frame's picture and truth are wanted together.
  let drawnFrame = -1;
  let truth: GroundTruthBox[] = [];
  let window: Window = { left: 0, top: 0, right: 0, bottom: 0 };
  let drawn: ReturnType<typeof stage.draw> = [];
  const draw = (frame: number): void => {
    if (!Number.isInteger(frame) || frame < 0 || frame >= frames) {
      throw new RangeError(`frame ${frame} is not from 0 to ${frames - 1}`);
    }
    if (frame === drawnFrame) return;
    const [shakeX, shakeY] = shakeAt(seed, frame, fps, difficulty.shake * SUPERSAMPLING);
    const left = margin + shakeX;
    const top = margin + shakeY;
    window = {
      left,
      top,
      right: left + width * SUPERSAMPLING,
      bottom: top + height * SUPERSAMPLING,
    };
    drawn = stage.draw(actors, frame / fps, window);
    truth = measure(stage.canvas, window, drawn, width, height);
    drawnFrame = frame;
  };

  return {
    width,
    height,
    fps,
    frames,
    layout,
    difficulty,
    render(frame, target) {
      if (target.length !== width * height * 3) {
        throw new RangeError(`a frame takes ${width * height * 3} bytes, not ${target.length}`);
      }
      draw(frame);
      const gain = lightDrift(seed, frame / fps);
      sensor.expose(stage.canvas, window.left, window.top, gain, frame, target);
    },
    groundTruth(frame) {
      draw(frame);
      return truth.slice();
    },
    idPicture(frame) {
      draw(frame);
      const across = width * SUPERSAMPLING;
      const picture = new Uint16Array(across * height * SUPERSAMPLING);
      for (let row = 0; row < height * SUPERSAMPLING; row++) {
        const start = (window.top + row) * stage.canvas.width + window.left;
        for (let column = 0; column < across; column++) {
          const slot = stage.canvas.id[start + column]!;
          picture[row * across + column] = slot === 0 ? 0 : drawn[slot - 1]!.actor.id;
        }
      }
      return picture;
    },
  };
}

/** Slow sway and a jitter over it, in whole canvas pixels up to `amplitude`. */
function shakeAt(seed: number, frame: number, fps: number, amplitude: number): [number, number] {
  if (amplitude === 0) return [0, 0];
  const t = frame / fps;
  const offset = (axis: number): number => {
    const phase = (mix(seed, axis) / 4294967296) * 6.28;
    const jitter = mix(mix(seed, 40 + axis), frame) / 4294967296 - 0.5;
    const sway = 0.5 * sine(t * 5.1 + phase) + 0.25 * sine(t * 13.7 + 2 * phase) + 0.4 * jitter;
    return Math.round(amplitude * Math.max(-1, Math.min(1, sway)));
  };
  return [offset(1), offset(2)];
}

/** Clouds pass and the white balance wanders: factors on red, green and blue. */
function lightDrift(seed: number, seconds: number): [number, number, number] {
  const phase = (mix(seed, 3) / 4294967296) * 6.28;
  const level = 1 + 0.05 * sine(seconds * 0.37 + phase) + 0.025 * sine(seconds * 1.1 + 2 * phase);
  const warmth = 0.012 * sine(seconds * 0.23 + 3 * phase);
  return [level * (1 + warmth), level, level * (1 - warmth)];
}
