import { fromDeltas, type Segment } from "@framequeue/contracts";

/** So many frames are missing right before that frame, by its number among those that decoded. */
export interface MissingFrames {
  readonly before: number;
  readonly frames: number;
}

/**
 * Where frames that a source promised did not decode: between which of those that did their times lie. Where the packets
 * have no times, they are all put behind the last frame.
 *
 * @param segment a sequential one
 * @param got pts of the frames that decoded, in order
 */
export function placeMissing(segment: Segment, got: readonly number[]): MissingFrames[] {
  const expected = fromDeltas(segment.expectedDeltas ?? []);
  if (expected.length === 0) return behind(got.length, segment.frames - got.length);
  const missing: MissingFrames[] = [];
  let next = 0;
  /** Frames since the last one found whose time no packet has: each stands for a packet with another time. */
  let strangers = 0;
  for (const [frame, pts] of got.entries()) {
    const from = pts < (got[frame - 1] ?? pts) ? runBehind(expected, next) : next;
    const at = find(expected, from, pts);
    if (at === undefined) {
      strangers++;
      continue;
    }
    missing.push(...behind(frame, at - next - strangers));
    next = at + 1;
    strangers = 0;
  }
  // An index may promise more than the packets that are there.
  const promised = Math.max(expected.length, segment.frames);
  missing.push(...behind(got.length, promised - next - strangers));
  return missing;
}

function behind(frame: number, frames: number): MissingFrames[] {
  return frames > 0 ? [{ before: frame, frames }] : [];
}

/** The place of a time at or behind `from`, before the clock is set back. */
function find(expected: readonly number[], from: number, pts: number): number | undefined {
  for (let at = from; at < expected.length && expected[at]! <= pts; at++) {
    if (expected[at] === pts) return at;
    if ((expected[at + 1] ?? pts) < expected[at]!) return undefined;
  }
  return undefined;
}

/** Where the clock is next set back. */
function runBehind(expected: readonly number[], from: number): number {
  for (let at = Math.max(1, from); at < expected.length; at++) {
    if (expected[at]! < expected[at - 1]!) return at;
  }
  return from;
}
