import type { Area, DetectionTuple, InferResult, Size } from "@framequeue/contracts";
import type { FrameDetections, PictureAreas } from "@framequeue/models";
import { boxDecimals, roundTo, runsToText, scoreDecimals } from "@framequeue/vision";

/** Detections of the wanted classes as they will stand in the result, with what else the model sees of each. */
export function resultRows(
  found: readonly FrameDetections[],
  wanted: (classId: number) => boolean,
): Omit<InferResult, "v" | "pts"> {
  const frames: DetectionTuple[][] = [];
  const seen: Record<string, unknown[][]> = {};
  for (const frame of found) {
    const kept = Array.from(frame.scores.keys()).filter((i) => wanted(frame.classIds[i]!));
    frames.push(kept.map((i) => toTuple(frame, i)));
    for (const [field, values] of Object.entries(frame.seen)) {
      (seen[field] ??= []).push(kept.map((i) => values[i]!));
    }
  }
  return { frames, ...seen };
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
