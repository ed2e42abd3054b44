/** A seeded source of pseudo-random numbers; equal seeds give equal sequences on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  range(low: number, high: number): number;
  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** @throws RangeError if there is nothing to pick from */
  pick<T>(choices: readonly T[]): T;
}

/** Mixes two 32-bit integers into one (the finaliser of MurmurHash3). Returns an unsigned integer. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Creates the generator of one named stream of a seed. Streams keep the parts of a scene apart:
 * another tree does not change the cars.
 *
 * @param seed any integer
 * @param stream which part of the scene draws from it
 */
export function createRandom(seed: number, stream: number): Random {
  let state = mix(seed | 0, stream);
  const next = (): number => {
    // A Weyl sequence through a mixer: every 32-bit state is visited once.
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state, stream) / 4294967296;
  };
  return {
    next,
    range: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (choices) => {
      if (choices.length === 0) throw new RangeError("nothing to pick from");
      return choices[Math.floor(next() * choices.length)]!;
    },
  };
}
