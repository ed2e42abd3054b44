import { type MediaInfo, type Segment, type SegmentMode, toDeltas } from "@framequeue/contracts";
import { KEY_FRAME } from "./packet-scan.ts";
import type { PacketScan } from "./packet-scan.ts";
import { presentationOrder } from "./presentation-order.ts";

export interface SegmentPlan {
  readonly mode: SegmentMode;
  readonly segments: readonly Segment[];
  /** Frames of all segments together; in sequential mode an expectation, 0 where nothing is known. */
  readonly expectedFrames: number;
  /** Why this mode, for logs and reports. */
  readonly reason: string;
}

type PlannedMedia = Pick<
  MediaInfo,
  "container" | "codec" | "timeBase" | "indexedFrames" | "statedEnd" | "cutShort"
>;

/** Segments of one plan, however short they are to be: each costs a task and a place in the plan. */
const MOST_SEGMENTS = 4096;

/** Containers whose seek lands on the key frame that was asked for. */
const SEEKABLE_CONTAINERS = new Set(["mov", "mp4", "matroska", "webm"]);

/** Codecs whose packets are one shown frame each. VP8 is not among them: it stores hidden frames as packets. */
const FRAME_PER_PACKET = new Set(["h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg", "prores"]);

/**
 * Cuts a source at key frames into segments that can be decoded on their own, each at least `segmentSeconds` long.
 * Segment s has the frames whose pts lies in [K_s, K_s+1), K being the pts of its key frame: the frames of an open GOP
 * that are shown before its key frame belong to the segment before. Where packets may not be frames, there is one
 * sequential segment. That a segment gave what was promised is checked again when it is decoded.
 */
export function planSegments(
  info: PlannedMedia,
  scan: PacketScan,
  options: { readonly segmentSeconds: number },
): SegmentPlan {
  const cutOff = countCutOff(info, scan);
  const obstacle =
    cutOff === 0
      ? obstacleToParallel(info, scan, options.segmentSeconds)
      : "the file ends before its headers say";
  if (obstacle !== undefined) return sequential(info, scan, obstacle, cutOff);

  const [numerator, denominator] = info.timeBase;
  const sorted = scan.pts.toSorted();
  const minTicks = Math.max(
    (options.segmentSeconds * denominator) / numerator,
    ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) / MOST_SEGMENTS,
  );
  const starts = chooseCuts(scan, sorted, minTicks);
  if (starts.length < 2) {
    const reason = `no key frame ${options.segmentSeconds} s from both ends`;
    return sequential(info, scan, reason, cutOff);
  }
  const bounds: number[] = [];
  for (const start of starts) bounds.push(sorted.indexOf(start, bounds.at(-1) ?? 0));
  bounds.push(sorted.length);
  const segments = starts.map((startPts, index) => {
    const pts = sorted.subarray(bounds[index], bounds[index + 1]);
    return { startPts, ptsDeltas: toDeltas(pts), frames: pts.length };
  });
  return {
    mode: "parallel",
    segments,
    expectedFrames: sorted.length,
    reason: `${segments.length} spans from key frame to key frame`,
  };
}

function obstacleToParallel(
  info: Pick<MediaInfo, "container" | "codec">,
  scan: PacketScan,
  segmentSeconds: number,
): string | undefined {
  if (segmentSeconds === 0) return "asked for";
  if (!info.container.split(",").some((each) => SEEKABLE_CONTAINERS.has(each))) {
    return `seeking in ${info.container} is not exact`;
  }
  if (!FRAME_PER_PACKET.has(info.codec)) return `packets of ${info.codec} may not be frames`;
  if (scan.errors.length > 0) return `the file is damaged: ${scan.errors.at(-1)}`;
  if (scan.discarded > 0) return "an edit list hides frames";
  if (!scan.distinctPts) return "packets without a time of their own";
  if (scan.keyFrames < 2) return "fewer than two key frames";
  const first = scan.pts[0] ?? 0;
  if (((scan.flags[0] ?? 0) & KEY_FRAME) === 0 || scan.pts.some((pts) => pts < first)) {
    return "frames before the first key frame";
  }
  return undefined;
}

/** The pts of the key frames to cut at, the first one included. `sorted` holds every pts in ascending order. */
function chooseCuts(scan: PacketScan, sorted: Float64Array, minTicks: number): number[] {
  const starts = [sorted[0] ?? 0];
  const last = sorted.at(-1) ?? 0;
  const end = last + (last - (sorted.at(-2) ?? last));
  let latest = Number.NEGATIVE_INFINITY;
  for (const [index, pts] of scan.pts.entries()) {
    const key = ((scan.flags[index] ?? 0) & KEY_FRAME) !== 0;
    // A frame that is stored before the key frame but shown after it cannot be had from either side.
    const clean = pts > latest;
    if (key && clean && pts - (starts.at(-1) ?? 0) >= minTicks && end - pts >= minTicks) {
      starts.push(pts);
    }
    latest = Math.max(latest, pts);
  }
  return starts;
}

/**
 * Frames that the container's headers promise behind the last packet. 0 where the file is whole, or where only the scan's
 * errors tell; undefined where the file is cut and nobody knows how much of it is missing.
 */
function countCutOff(info: PlannedMedia, scan: PacketScan): number | undefined {
  const { container, indexedFrames, statedEnd, cutShort = false } = info;
  // An IVF header has a length but no size of the file: what ends before it is cut.
  if (!cutShort && container !== "ivf") return 0;
  if (indexedFrames !== undefined) return Math.max(0, indexedFrames - scan.packets);
  const { begin, end } = scan;
  if (statedEnd === undefined || begin === undefined || end === undefined) {
    return cutShort ? undefined : 0;
  }
  const shown = scan.packets - scan.discarded;
  const step = constantStep(scan);
  // That length is in ticks for some writers, and in frames for others.
  if (container === "ivf" && end > statedEnd + (end - begin) / shown) {
    return Math.max(0, statedEnd - scan.packets);
  }
  const missing =
    step === undefined
      ? ((statedEnd - end) * shown) / (end - begin)
      : (statedEnd - begin) / step - shown;
  return Math.max(0, Math.round(missing));
}

/** The distance of the frames where nearly all have the same. Counting by it is exact, whatever the last packets' order. */
function constantStep({ pts, distinctPts }: PacketScan): number | undefined {
  if (!distinctPts || pts.length < 3) return undefined;
  const steps = toDeltas(pts.toSorted())
    .slice(1)
    .toSorted((a, b) => a - b);
  const median = steps[steps.length >> 1]!;
  const alike = steps.filter((each) => Math.abs(each - median) <= 1).length;
  return alike >= steps.length * 0.9 ? median : undefined;
}

function sequential(
  info: PlannedMedia,
  scan: PacketScan,
  reason: string,
  cutOff: number | undefined,
): SegmentPlan {
  const shown = scan.packets - scan.discarded;
  // The scan of a truncated file stops at its end, but the index at its front still tells what there should be.
  const promised = scan.errors.length > 0 ? (info.indexedFrames ?? 0) - scan.discarded : 0;
  const expectedFrames = Math.max(shown + (cutOff ?? 0), promised);
  const expected = presentationOrder(scan);
  const segment: Segment = {
    frames: expectedFrames,
    ...(expected.length === 0 ? {} : { expectedDeltas: toDeltas(expected) }),
    ...(cutOff === 0 ? {} : { truncated: true }),
  };
  return { mode: "sequential", segments: [segment], expectedFrames, reason };
}
