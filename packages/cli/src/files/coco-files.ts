import { invalid, ProblemError } from "@framequeue/contracts";
import type { AnnotatedBox, DetectedBox } from "@framequeue/vision";
import { xywhToXyxy } from "@framequeue/vision";
import { z } from "zod";
import { json, parseFramesFile } from "./frames-file.ts";

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);

/** The part of COCO's annotation files that boxes need; the rest is passed over. */
const annotationsSchema = z.object({
  images: z.array(z.object({ id: z.int() })),
  categories: z.array(z.object({ id: z.int(), name: z.string() })),
  annotations: z.array(
    z.object({
      image_id: z.int(),
      category_id: z.int(),
      bbox: box,
      area: z.number().optional(),
      iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).optional(),
    }),
  ),
});

const resultsSchema = z.array(
  z.object({ image_id: z.int(), category_id: z.int(), bbox: box, score: z.number() }),
);

export interface CocoTruth {
  readonly images: ReadonlySet<number>;
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly boxes: readonly AnnotatedBox[];
}

/** Reads COCO's annotations, `instances_….json`. @throws ProblemError `invalid-request` with every fault */
export function parseCocoTruth(text: string, path: string): CocoTruth {
  const { images, categories, annotations } = parsed(annotationsSchema, text, path);
  return {
    images: new Set(images.map(({ id }) => id)),
    categories,
    boxes: annotations.map(({ image_id: frame, category_id: classId, bbox, area, iscrowd }) => ({
      ...{ frame, classId, area },
      boxXyxy: xywhToXyxy(bbox),
      ignored: iscrowd === 1 || iscrowd === true,
    })),
  };
}

/** What a file of detections holds that the truth can be held against. */
export interface GivenDetections {
  readonly boxes: readonly DetectedBox[];
  /** What of the file does not count, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads detections: COCO's results, a list of `{image_id, category_id, bbox, score}`, or a `frames.jsonl`, whose frames
 * are the images of that id and whose labels are the names of the categories.
 *
 * @throws ProblemError `invalid-request` for a fault, or an image or category that the truth does not have
 */
export function parseDetections(text: string, path: string, truth: CocoTruth): GivenDetections {
  const given = path.endsWith(".jsonl")
    ? fromFrames(text, path, truth)
    : { boxes: fromResults(text, path), notes: [] };
  const ids = new Set(truth.categories.map(({ id }) => id));
  for (const { frame, classId } of given.boxes) {
    if (!truth.images.has(frame)) throw fault(path, `image ${frame} is not in the ground truth`);
    if (!ids.has(classId)) throw fault(path, `category ${classId} is not in the ground truth`);
  }
  return given;
}

function fromResults(text: string, path: string): DetectedBox[] {
  return parsed(resultsSchema, text, path).map(
    ({ image_id: frame, category_id: classId, bbox, score }): DetectedBox => ({
      ...{ frame, classId, score },
      boxXyxy: xywhToXyxy(bbox),
    }),
  );
}

/** A detector may know more than the truth asks for: what else it finds is set aside, and told. */
function fromFrames(
  text: string,
  path: string,
  { images, categories }: CocoTruth,
): GivenDetections {
  const ids = new Map(categories.map(({ id, name }) => [name, id]));
  const rows = parseFramesFile(text, path).filter((row) => "frame" in row);
  const others = new Map<string, number>();
  const boxes = rows.flatMap(({ frame, detections }) =>
    detections.flatMap(({ box: xywh, score, label }): DetectedBox[] => {
      const classId = ids.get(label);
      if (classId !== undefined) return [{ frame, classId, score, boxXyxy: xywhToXyxy(xywh) }];
      others.set(label, (others.get(label) ?? 0) + 1);
      return [];
    }),
  );
  const notes: string[] = [];
  if (others.size > 0) {
    const list = [...others].map(([label, count]) => `${count} ${label}`).join(", ");
    if (boxes.length === 0) {
      const names = categories.map(({ name }) => name).join(", ");
      throw fault(path, `none of its labels (${list}) is a category of the truth: ${names}`);
    }
    notes.push(`${path}: set aside, because the truth has no such category: ${list}.`);
  }
  const seen = new Set(rows.map(({ frame }) => frame));
  const unseen = [...images].filter((image) => !seen.has(image)).length;
  if (unseen > 0) {
    notes.push(
      `${path}: ${unseen} of the truth's ${images.size} images are no frames of it; nothing is found there.`,
    );
  }
  return { boxes, notes };
}

function parsed<T>(schema: z.ZodType<T>, text: string, path: string): T {
  const result = schema.safeParse(json(text, path));
  if (!result.success) throw invalid("invalid-request", path, result.error);
  return result.data;
}

function fault(where: string, what: string): ProblemError {
  return new ProblemError("invalid-request", `${where}: ${what}.`, { at: where });
}
