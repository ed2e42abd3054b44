import {
  countSampled,
  isSampled,
  type Sampling,
  sampledFrame,
  type Segment,
} from "@framequeue/contracts";

/** Which frames of a segment are wanted: those that the job looks at by their number in the source. */
export interface SegmentSampling extends Sampling {
  /** The number of the segment's first frame in the source, from 0. */
  readonly firstFrame: number;
}

/** How many of the first frames of a segment are wanted. */
export function countWanted(sampling: SegmentSampling, frames: number): number {
  const { firstFrame } = sampling;
  return countSampled(sampling, firstFrame + frames) - countSampled(sampling, firstFrame);
}

/** The sampling of a segment of a plan that holds: each segment before it has as many frames as it says. */
export function samplingOf(
  segments: readonly Pick<Segment, "frames">[],
  segment: number,
  sampling: Sampling,
): SegmentSampling {
  const before = segments.slice(0, segment);
  return { ...sampling, firstFrame: before.reduce((sum, { frames }) => sum + frames, 0) };
}

/**
 * The frames of a segment that come out of ffmpeg, by their place in the segment: those that are wanted, and the last one
 * in any case where it is known, so that ffmpeg decodes them all and the plan can be held against every frame.
 */
export class SampledPlaces {
  readonly #sampling: SegmentSampling;
  /** Frames of the segment; Infinity where nothing is promised. */
  readonly #frames: number;

  constructor(sampling: SegmentSampling, segment: Segment) {
    this.#sampling = sampling;
    this.#frames = segment.startPts === undefined ? Infinity : segment.frames;
  }

  isWanted(place: number): boolean {
    return isSampled(this.#sampling, this.#sampling.firstFrame + place);
  }

  /** The place of the first frame at or behind `place` that comes out; behind the last one, the number of frames. */
  next(place: number): number {
    const { firstFrame } = this.#sampling;
    const before = countSampled(this.#sampling, firstFrame + place);
    const wanted = sampledFrame(this.#sampling, before) - firstFrame;
    if (wanted < this.#frames) return wanted;
    return place < this.#frames ? this.#frames - 1 : this.#frames;
  }

  /** How many come out; undefined where nobody knows. */
  get count(): number | undefined {
    if (this.#frames === Infinity) return undefined;
    const hasExtra = this.#frames > 0 && !this.isWanted(this.#frames - 1);
    return countWanted(this.#sampling, this.#frames) + (hasExtra ? 1 : 0);
  }

  /** The same as a condition of ffmpeg's `select` filter, where `n` is a frame's place. */
  get condition(): string {
    const { everyNth, firstFrame } = this.#sampling;
    const wanted = `not(mod(n+${firstFrame % everyNth},${everyNth}))`;
    return this.#frames === Infinity ? wanted : `${wanted}+eq(n,${this.#frames - 1})`;
  }
}
