/** What makes a scene harder to see. */
export interface DifficultyParameters {
  /** How much traffic there is: 1 is a busy street, 0 an empty one; up to 2. */
  readonly density: number;
  /** 0 is day, 1 is night. */
  readonly darkness: number;
  /** Standard deviation of the sensor noise, in 8-bit levels. */
  readonly noise: number;
  /** Defocus: 0 is sharp, 1 a 3-by-3 binomial blur, up to 2 (twice). */
  readonly blur: number;
  /** The x264 constant rate factor a writer should use (0 to 51). */
  readonly compression: number;
  /** Largest displacement of the picture by camera shake, in pixels. */
  readonly shake: number;
  /** How much stands in the way: 0 nothing, 1 trees and a footbridge. */
  readonly occlusion: number;
  /** Hoardings along the far pavement, behind which people are hidden for one to four seconds; up to 4. */
  readonly hoardings: number;
  /** How much longer than usual the lens is, so that less is seen, and larger: 1 to 3. */
  readonly lens: number;
}

/** `hidden` is `normal` with many people who vanish behind hoardings, where they meet others. */
export type Difficulty = "easy" | "normal" | "hard" | "hidden";

const NORMAL: DifficultyParameters = {
  density: 0.9,
  darkness: 0.15,
  noise: 3,
  blur: 0.3,
  compression: 25,
  shake: 0.5,
  occlusion: 0.7,
  hoardings: 0,
  lens: 1,
};

export const difficulties: Readonly<Record<Difficulty, DifficultyParameters>> = {
  easy: {
    density: 0.5,
    darkness: 0,
    noise: 1,
    blur: 0,
    compression: 20,
    shake: 0,
    occlusion: 0.3,
    hoardings: 0,
    lens: 1,
  },
  normal: NORMAL,
  hard: {
    density: 1.4,
    darkness: 0.6,
    noise: 6,
    blur: 0.8,
    compression: 31,
    shake: 3,
    occlusion: 1,
    hoardings: 0,
    lens: 1,
  },
  hidden: { ...NORMAL, occlusion: 0, hoardings: 3, lens: 1.45 },
};

const limits: Readonly<Record<keyof DifficultyParameters, readonly [number, number]>> = {
  density: [0, 2],
  darkness: [0, 1],
  noise: [0, 40],
  blur: [0, 2],
  compression: [0, 51],
  shake: [0, 48],
  occlusion: [0, 1],
  hoardings: [0, 4],
  lens: [1, 3],
};

/**
 * The parameters of a named difficulty, or the given ones over those of `normal`.
 *
 * @throws RangeError if a parameter is not a number within its limits
 */
export function difficultyParameters(
  difficulty: Difficulty | Partial<DifficultyParameters>,
): DifficultyParameters {
  const parameters =
    typeof difficulty === "string"
      ? difficulties[difficulty]
      : { ...difficulties.normal, ...difficulty };
  for (const [name, [low, high]] of Object.entries(limits)) {
    const value = parameters[name as keyof DifficultyParameters];
    if (!(value >= low && value <= high)) {
      throw new RangeError(`difficulty ${name} is ${value}; it must be from ${low} to ${high}`);
    }
  }
  return parameters;
}
