import type { Segment } from "@framequeue/contracts";

/** Frames of one segment. */
export interface SegmentPlaces {
  readonly segment: number;
  /** `place` counts within the segment, `frame` within the source; both from 0, lowest first. */
  readonly places: readonly { readonly frame: number; readonly place: number }[];
}

/** So many frames are named in one command of ffmpeg, whose arguments have a limit. */
const MOST_NAMED = 4_000;

/**
 * Where frames of a job stand: a segment of a plan that held has as many as the plan says, and the last one all that are
 * left, because a sequential plan only expects a number.
 */
export function placesOf(
  frames: readonly number[],
  segments: readonly Pick<Segment, "frames">[],
): SegmentPlaces[] {
  const sorted = frames.toSorted((a, b) => a - b);
  const found: SegmentPlaces[] = [];
  let first = 0;
  let next = 0;
  for (const [segment, { frames: count }] of segments.entries()) {
    const end = segment === segments.length - 1 ? Infinity : first + count;
    let places: { frame: number; place: number }[] = [];
    for (; next < sorted.length && sorted[next]! < end; next++) {
      places.push({ frame: sorted[next]!, place: sorted[next]! - first });
      if (places.length < MOST_NAMED) continue;
      found.push({ segment, places });
      places = [];
    }
    if (places.length > 0) found.push({ segment, places });
    first += count;
  }
  return found;
}
