import type { DetectionRow, FrameRow } from "@framequeue/contracts";
import { maskArea, roundTo, runsFromText } from "@framequeue/vision";
import { z } from "zod";
import { format, type Inputs, type JobHeader } from "../format.ts";
import { numberOption, wordsOption } from "../options.ts";

const options = z.strictObject({
  /** Detections below are left out. */
  minScore: numberOption(0, 1).default(0),
  /** Detections with others are left out. */
  labels: wordsOption.optional(),
});
type Options = z.output<typeof options>;

/**
 * COCO's dataset: an image for each frame that was looked at, an annotation for each detection. Beside COCO's own fields
 * an annotation has `score`, where its results and FiftyOne have it, and `track_id`; a mask is COCO's compressed
 * run-length code. Category ids are those of the model from 1 on, since tools take 0 for the background.
 */
export const cocoJson = format<"frames", Options>({
  name: "coco.json",
  mediaType: "application/json",
  made: "request",
  needs: "frames",
  when: "always",
  holds: ["detections"],
  options,
  async write(rows, sink, header, wanted) {
    const categories = new Map<number, string>();
    await sink.text(`{"info":{"description":"Framequeue"},"licenses":[],"images":[`);
    let next = "\n";
    for await (const row of seen(rows)) {
      for (const { classId, label } of kept(row, wanted)) categories.set(classId, label);
      await sink.text(next + JSON.stringify(imageOf(row, header)));
      next = ",\n";
    }
    const list = [...categories].sort(([a], [b]) => a - b);
    await sink.text(
      `\n],"categories":${JSON.stringify(
        list.map(([classId, name]) => ({ id: classId + 1, name, supercategory: "" })),
      )},"annotations":[`,
    );
    let id = 0;
    for await (const row of seen(rows)) {
      for (const detection of kept(row, wanted)) {
        id++;
        const annotation = annotationOf(id, row.frame, detection);
        await sink.text(`${id === 1 ? "\n" : ",\n"}${JSON.stringify(annotation)}`);
      }
    }
    await sink.line("\n]}");
  },
});

async function* seen(rows: Inputs["frames"]): AsyncGenerator<FrameRow> {
  for await (const row of rows) if (!("gap" in row)) yield row;
}

function kept({ detections }: FrameRow, { minScore, labels }: Options): DetectionRow[] {
  return detections.filter(
    ({ score, label }) => score >= minScore && (labels?.includes(label) ?? true),
  );
}

function imageOf({ frame, pts }: FrameRow, { media }: JobHeader) {
  const [numerator, denominator] = media.timeBase;
  return {
    id: frame,
    width: media.width,
    height: media.height,
    // As CVAT names the frames of a video.
    file_name: `frame_${String(frame).padStart(6, "0")}.png`,
    frame,
    seconds: roundTo((pts * numerator) / denominator, 3),
  };
}

function annotationOf(
  id: number,
  frame: number,
  { box, score, classId, trackId, mask }: DetectionRow,
) {
  const area =
    mask === undefined ? roundTo(box[2] * box[3], 2) : maskArea(runsFromText(mask.counts));
  return {
    id,
    image_id: frame,
    category_id: classId + 1,
    bbox: box,
    area,
    segmentation: mask ?? [],
    iscrowd: 0,
    score,
    ...(trackId === undefined ? {} : { track_id: trackId }),
  };
}
