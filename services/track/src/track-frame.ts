import { decodeFeature } from "@framequeue/contracts";
import type { DetectionTuple, PartRow, Seen, Size, TrackTuple } from "@framequeue/contracts";
import type { TrackedBox } from "@framequeue/tracking";
import {
  boxDecimals,
  type BoxXyxy,
  clipBox,
  decodeLandmarks,
  roundTo,
  scoreDecimals,
  xywhToXyxy,
} from "@framequeue/vision";
import type { JobTracker } from "./job-tracker.ts";

/** A frame as infer left it, or a gap where it could not. */
export type UntrackedFrame =
  | {
      readonly pts: number;
      readonly detections: readonly DetectionTuple[];
      /** What else the models saw, which goes through as it is. */
      readonly seen?: Seen;
      /** What each looks like, as `encodeFeature` writes it, where the job has a model for that. */
      readonly features?: readonly (string | null)[] | undefined;
      /** What stands still in it, as `encodeLandmarks` writes it, where the job follows the camera. */
      readonly landmarks?: string | undefined;
    }
  | "gap";

/** What a job knows of a frame before it looks. */
export interface FramePlace {
  /** Of the source, from 0. */
  readonly number: number;
  /** Only so many frames later the next one is looked at. */
  readonly everyNth: number;
  /** Of the source's picture, to which track boxes are clipped. */
  readonly size: Size;
}

/**
 * Feeds one frame to the tracker. The tracker sees the rounded numbers that stand in the result, so that anybody can
 * track the result file again and get the same; a gap is a frame without detections to it.
 */
export function trackFrame(
  tracker: JobTracker,
  frame: UntrackedFrame,
  { number, everyNth, size }: FramePlace,
): PartRow {
  if (frame === "gap") {
    tracker.update({ boxes: [], scores: [], classIds: [], elapsedFrames: everyNth });
    return { frame: number, gap: "inference-error" };
  }
  const { pts, detections, seen, features, landmarks } = frame;
  const boxes = detections.map(([x, y, w, h]) => xywhToXyxy([x, y, w, h]));
  const cameraMotion =
    landmarks === undefined ? undefined : tracker.camera?.see(decodeLandmarks(landmarks), boxes);
  const tracked = tracker.update({
    boxes,
    scores: detections.map(([, , , , score]) => score),
    classIds: detections.map(([, , , , , classId]) => classId),
    elapsedFrames: everyNth,
    ...(features && { features: vectorsOf(features) }),
    ...(cameraMotion && { cameraMotion }),
  });
  const tracks = tracked
    .map((track) => toTuple(track, size))
    .filter((tuple) => tuple !== undefined);
  return {
    frame: number,
    pts,
    detections: [...detections],
    tracks,
    ...seen,
  };
}

/** To the tracker a vector of zeros is none, and all have to be of one length. */
function vectorsOf(features: readonly (string | null)[]): Float32Array[] {
  const vectors = features.map((text) => (text === null ? undefined : decodeFeature(text)));
  const length = vectors.find((vector) => vector !== undefined)?.length ?? 0;
  return vectors.map((vector) => vector ?? new Float32Array(length));
}

/** Undefined when nothing of the box lies inside the picture. */
function toTuple(track: TrackedBox, size: Size): TrackTuple | undefined {
  const [x1, y1, x2, y2] = clipBox(track.box, size.width, size.height).map((value) =>
    roundTo(value, boxDecimals),
  ) as unknown as BoxXyxy;
  if (x2 <= x1 || y2 <= y1) return undefined;
  return [
    track.trackId,
    x1,
    y1,
    roundTo(x2 - x1, boxDecimals),
    roundTo(y2 - y1, boxDecimals),
    track.classId,
    roundTo(track.score, scoreDecimals),
    track.detection,
  ];
}
