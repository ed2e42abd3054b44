import type { Segment } from "@framequeue/contracts";

/** Which frames of a segment are wanted: those whose number in the source is a multiple of `everyNth`. */
export interface Sampling {
  readonly everyNth: number;
  /** The number of the segment's first frame in the source, from 0. */
  readonly firstFrame: number;
}

/** How many of the frames from `firstFrame` on, so many of them, are wanted. */
export function countSampled({ everyNth, firstFrame }: Sampling, frames: number): number {
  return Math.ceil((firstFrame + frames) / everyNth) - Math.ceil(firstFrame / everyNth);
}

/** The sampling of a segment of a plan that holds: each segment before it has as many frames as it says. */
export function samplingOf(
  segments: readonly Pick<Segment, "frames">[],
  segment: number,
  everyNth: number,
): Sampling {
  const before = segments.slice(0, segment);
  return { everyNth, firstFrame: before.reduce((sum, { frames }) => sum + frames, 0) };
}

/**
 * The frames of a segment that come out of ffmpeg, by their place in the segment: those that are wanted, and the last one
 * in any case where it is known, so that ffmpeg decodes them all and the plan can be held against every frame.
 */
export class SampledPlaces {
  readonly #sampling: Sampling;
  /** Frames of the segment; Infinity where nothing is promised. */
  readonly #frames: number;

  constructor(sampling: Sampling, segment: Segment) {
    this.#sampling = sampling;
    this.#frames = segment.startPts === undefined ? Infinity : segment.frames;
  }

  isWanted(place: number): boolean {
    const { everyNth, firstFrame } = this.#sampling;
    return (firstFrame + place) % everyNth === 0;
  }

  /** The place of the first frame at or behind `place` that comes out; behind the last one, the number of frames. */
  next(place: number): number {
    const { everyNth, firstFrame } = this.#sampling;
    const wanted = Math.ceil((firstFrame + place) / everyNth) * everyNth - firstFrame;
    if (wanted < this.#frames) return wanted;
    return place < this.#frames ? this.#frames - 1 : this.#frames;
  }

  /** How many come out; undefined where nobody knows. */
  get count(): number | undefined {
    if (this.#frames === Infinity) return undefined;
    const hasExtra = this.#frames > 0 && !this.isWanted(this.#frames - 1);
    return countSampled(this.#sampling, this.#frames) + (hasExtra ? 1 : 0);
  }

  /** The same as a condition of ffmpeg's `select` filter, where `n` is a frame's place. */
  get condition(): string {
    const { everyNth, firstFrame } = this.#sampling;
    const wanted = `not(mod(n+${firstFrame % everyNth},${everyNth}))`;
    return this.#frames === Infinity ? wanted : `${wanted}+eq(n,${this.#frames - 1})`;
  }
}
