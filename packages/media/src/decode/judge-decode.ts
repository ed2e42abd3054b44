import { fromDeltas, type Segment } from "@framequeue/contracts";
import type { StoredShape } from "./frame-times.ts";
import { placeMissing } from "./missing-frames.ts";
import type { MissingFrames } from "./missing-frames.ts";

/** What a decoder did with a segment. */
export interface DecodeReport {
  /** pts of the frames delivered, in order; also of those that were not wanted. */
  readonly pts: readonly number[];
  /** ffmpeg's exit status; null where it was killed or still runs. */
  readonly exitCode: number | null;
  /** The last error lines of ffmpeg. */
  readonly errors: readonly string[];
  /** Whether ffmpeg told of damage, as an error or otherwise, or failed. */
  readonly isDamaged: boolean;
  /**
   * Whether the segment gave exactly the frames that the plan promised, their number and each pts, and without an error.
   * Always true for a sequential segment, which promises nothing.
   */
  readonly matched: boolean;
  /** What did not match. */
  readonly mismatch?: string;
  /** The file ends before its content does. */
  readonly truncated: boolean;
  /** Where a sequential segment lost frames to damage; none where the numbers differ for a harmless reason. */
  readonly missing: readonly MissingFrames[];
  /** The shapes of the pictures, each where it begins: more than one where recordings of different cameras were joined. */
  readonly shapes: readonly StoredShape[];
}

export interface DecodeFacts {
  readonly segment: Segment;
  /** pts of the frames delivered, in order. */
  readonly pts: readonly number[];
  readonly exitCode: number | null;
  readonly errors: readonly string[];
  /** Whether ffmpeg told of damage, as an error or otherwise. */
  readonly isDamaged: boolean;
  readonly shapes: readonly StoredShape[];
}

const TRUNCATION = /partial file|ended prematurely|unexpected end|truncat/i;

/**
 * Judges a decode by its facts. A parallel segment must match to the tick and without an error, because how a decoder
 * conceals damage depends on what it saw before. A sequential one may differ from its
 * packets in number without fault (edit lists, hidden frames); only with errors are frames missing.
 */
export function judgeDecode(facts: DecodeFacts): DecodeReport {
  const { segment, pts, exitCode, errors, shapes } = facts;
  const isDamaged = facts.isDamaged || (exitCode !== 0 && exitCode !== null);
  const mismatch =
    segment.ptsDeltas &&
    (findMismatch(fromDeltas(segment.ptsDeltas), pts) ??
      (isDamaged ? (errors.at(-1) ?? "it is damaged") : undefined));
  const sequential = segment.ptsDeltas === undefined;
  const cutOff = segment.truncated === true;
  return {
    pts,
    exitCode,
    errors,
    isDamaged,
    matched: mismatch === undefined,
    ...(mismatch === undefined ? {} : { mismatch }),
    truncated: cutOff || errors.some((line) => TRUNCATION.test(line)),
    // Of a file that is only cut, all that is there is well.
    missing:
      sequential && (isDamaged || cutOff)
        ? placeMissing(segment, pts).filter(({ before }) => isDamaged || before === pts.length)
        : [],
    shapes,
  };
}

function findMismatch(expected: readonly number[], got: readonly number[]): string | undefined {
  const at = expected.findIndex((pts, index) => pts !== got[index]);
  if (at >= 0 && at < got.length)
    return `frame ${at} has pts ${got[at]} instead of ${expected[at]}`;
  if (expected.length !== got.length) return `${got.length} frames instead of ${expected.length}`;
  return undefined;
}
