import type { Segment } from "@framequeue/contracts";
import { fromDeltas } from "./segments.ts";

/** What a decoder did with a segment. */
export interface DecodeReport {
  /** Frames delivered. */
  readonly frames: number;
  /** ffmpeg's exit status; null where it was killed or still runs. */
  readonly exitCode: number | null;
  /** The last error lines of ffmpeg. */
  readonly errors: readonly string[];
  /**
   * Whether the segment gave exactly the frames that the plan promised, their number and each pts, and without an error.
   * Always true for a sequential segment, which promises nothing.
   */
  readonly matched: boolean;
  /** What did not match. */
  readonly mismatch?: string;
  /** The file ends before its content does. */
  readonly truncated: boolean;
  /** Frames that a sequential segment lost to damage; 0 where the numbers differ for a harmless reason. */
  readonly gap: number;
}

export interface DecodeFacts {
  readonly segment: Segment;
  /** pts of the frames delivered, in order. */
  readonly pts: readonly number[];
  readonly exitCode: number | null;
  readonly errors: readonly string[];
}

const TRUNCATION = /partial file|ended prematurely|unexpected end|truncat/i;

/**
 * Judges a decode by its facts. A parallel segment must match to the tick and without an error, because how a decoder
 * conceals damage depends on what it saw before. A sequential one may differ from its
 * packets in number without fault (edit lists, hidden frames); only with errors does the difference count as a gap.
 */
export function judgeDecode({ segment, pts, exitCode, errors }: DecodeFacts): DecodeReport {
  const mismatch =
    segment.ptsDeltas && (findMismatch(fromDeltas(segment.ptsDeltas), pts) ?? errors.at(-1));
  const sequential = segment.ptsDeltas === undefined;
  const faulty = errors.length > 0 || (exitCode !== 0 && exitCode !== null);
  return {
    frames: pts.length,
    exitCode,
    errors,
    matched: mismatch === undefined,
    ...(mismatch === undefined ? {} : { mismatch }),
    truncated: errors.some((line) => TRUNCATION.test(line)),
    gap: sequential && faulty ? Math.max(0, segment.frames - pts.length) : 0,
  };
}

function findMismatch(expected: readonly number[], got: readonly number[]): string | undefined {
  const at = expected.findIndex((pts, index) => pts !== got[index]);
  if (at >= 0 && at < got.length)
    return `frame ${at} has pts ${got[at]} instead of ${expected[at]}`;
  if (expected.length !== got.length) return `${got.length} frames instead of ${expected.length}`;
  return undefined;
}
