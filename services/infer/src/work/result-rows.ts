import type { Area, DetectionTuple, InferResult, Mask, Size } from "@framequeue/contracts";
import type { FrameDetections, PictureAreas } from "@framequeue/models";
import { boxDecimals, roundTo, runsToText, scoreDecimals } from "@framequeue/vision";

/** Detections of the wanted classes as they will stand in the result, with their masks where the model segments. */
export function resultRows(
  found: readonly FrameDetections[],
  { width, height }: Size,
  wanted: (classId: number) => boolean,
): Pick<InferResult, "frames" | "masks"> {
  const frames: DetectionTuple[][] = [];
  const masks: Mask[][] = [];
  for (const frame of found) {
    const kept = Array.from(frame.scores.keys()).filter((i) => wanted(frame.classIds[i]!));
    frames.push(kept.map((i) => toTuple(frame, i)));
    if (frame.masks === undefined) continue;
    const own = frame.masks;
    masks.push(kept.map((i) => ({ size: [height, width], counts: runsToText(own[i]!) })));
  }
  return { frames, ...(masks.length === 0 ? {} : { masks }) };
}

/** The wanted classes in each frame as they will stand in the result. */
export function areaRows(
  found: readonly PictureAreas[],
  { width, height }: Size,
  wanted: (classId: number) => boolean,
): Area[][] {
  return found.map(({ classIds, masks }) =>
    Array.from(classIds, (classId, i): Area => ({
      classId,
      mask: { size: [height, width], counts: runsToText(masks[i]!) },
    })).filter(({ classId }) => wanted(classId)),
  );
}

function toTuple({ boxes, scores, classIds }: FrameDetections, i: number): DetectionTuple {
  const [x1, y1, x2, y2] = boxes.subarray(i * 4, i * 4 + 4);
  return [
    roundTo(x1!, boxDecimals),
    roundTo(y1!, boxDecimals),
    roundTo(x2! - x1!, boxDecimals),
    roundTo(y2! - y1!, boxDecimals),
    roundTo(scores[i]!, scoreDecimals),
    classIds[i]!,
  ];
}

/** Whether a class is one of the wanted labels; all are where none are named. */
export function wantedClasses(
  labels: readonly string[],
  wanted: readonly string[] | undefined,
): (classId: number) => boolean {
  if (wanted === undefined) return () => true;
  const ids = new Set(wanted.map((label) => labels.indexOf(label)));
  return (classId) => ids.has(classId);
}
