import { frameFileRowSchema, invalid, ProblemError } from "@framequeue/contracts";
import type { AnnotatedBox, DetectedBox } from "@framequeue/vision";
import { xywhToXyxy } from "@framequeue/vision";
import { z } from "zod";

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

/**
 * Reads detections: COCO's results, a list of `{image_id, category_id, bbox, score}`, or a `frames.jsonl`, whose frames
 * are the images of that id and whose labels are the names of the categories.
 *
 * @throws ProblemError `invalid-request` for a fault, or an image or category that the truth does not have
 */
export function parseDetections(text: string, path: string, truth: CocoTruth): DetectedBox[] {
  const found = path.endsWith(".jsonl")
    ? fromFrames(text, path, truth)
    : parsed(resultsSchema, text, path).map(
        ({ image_id: frame, category_id: classId, bbox, score }): DetectedBox => ({
          ...{ frame, classId, score },
          boxXyxy: xywhToXyxy(bbox),
        }),
      );
  const ids = new Set(truth.categories.map(({ id }) => id));
  for (const { frame, classId } of found) {
    if (!truth.images.has(frame)) throw fault(path, `image ${frame} is not in the ground truth`);
    if (!ids.has(classId)) throw fault(path, `category ${classId} is not in the ground truth`);
  }
  return found;
}

function fromFrames(text: string, path: string, { categories }: CocoTruth): DetectedBox[] {
  const ids = new Map(categories.map(({ id, name }) => [name, id]));
  const [, ...lines] = text.trimEnd().split("\n");
  return lines.flatMap((line, i) => {
    const row = frameFileRowSchema.safeParse(json(line, `${path}, line ${i + 2}`));
    if (!row.success) throw invalid("invalid-request", `${path}, line ${i + 2}`, row.error);
    if ("gap" in row.data) return [];
    const { frame, detections } = row.data;
    return detections.flatMap(({ box: xywh, score, label }): DetectedBox[] => {
      const classId = ids.get(label);
      // a detector may know more than the truth asks for
      return classId === undefined ? [] : [{ frame, classId, score, boxXyxy: xywhToXyxy(xywh) }];
    });
  });
}

function parsed<T>(schema: z.ZodType<T>, text: string, path: string): T {
  const result = schema.safeParse(json(text, path));
  if (!result.success) throw invalid("invalid-request", path, result.error);
  return result.data;
}

function json(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw fault(where, `it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fault(where: string, what: string): ProblemError {
  return new ProblemError("invalid-request", `${where}: ${what}.`, { at: where });
}
