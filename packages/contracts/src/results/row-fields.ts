import { z } from "zod";
import { maskSchema } from "./mask.ts";

// What models may see of a frame beside boxes, declared once: how infer leaves it, and what it is in the result files.
// infer's results, the rows of parts, the rows of `frames.jsonl` and the way from one to the next derive from this.

/** The names of all classes that a job's models know, by their ids. */
export interface LabelNames {
  /** Of the job's own model, … */
  readonly labels: readonly string[];
  /** … of the one that classifies what it finds, … */
  readonly attributeLabels?: readonly string[] | undefined;
  /** … and of the one that segments the frames beside it. */
  readonly areaLabels?: readonly string[] | undefined;
}

/** `[score, classId]`: a label of a classifier; the score is rounded as in the result files. */
export const scoredLabelSchema = z.tuple([z.number(), z.int().min(0)]);
export type ScoredLabel = z.infer<typeof scoredLabelSchema>;

/** The pixels of a frame that show a class. */
export const areaSchema = z.object({ classId: z.int().min(0), mask: maskSchema });
export type Area = z.infer<typeof areaSchema>;

/** A label and how sure a classifier is of it: 0 to 1, rounded to 4 decimals. */
export const labelRowSchema = z.object({
  classId: z.int().min(0),
  label: z.string(),
  score: z.number(),
});
export type LabelRow = z.infer<typeof labelRowSchema>;

/** The pixels of a picture that show a class. */
export const areaRowSchema = z.object({
  classId: z.int().min(0),
  label: z.string(),
  mask: maskSchema,
});
export type AreaRow = z.infer<typeof areaRowSchema>;

export function labelOf(labels: readonly string[], classId: number): string {
  return labels[classId] ?? `class ${classId}`;
}

/** Labels of a classifier as they stand in the result files. */
export function labelRows(scored: readonly ScoredLabel[], labels: readonly string[]): LabelRow[] {
  return scored.map(([score, classId]) => ({ classId, label: labelOf(labels, classId), score }));
}

type Of = "detection" | "frame";

interface Field<O extends Of, N extends string, S extends z.ZodType, R extends z.ZodType> {
  /** Whether each detection has one, or the frame. */
  readonly of: O;
  /** In the result files. */
  readonly name: N;
  /** As infer leaves it; null where it was not asked for. */
  readonly seen: S;
  readonly row: R;
  readonly toRow: (seen: NonNullable<z.output<S>>, names: LabelNames) => z.output<R>;
}

function field<
  const O extends Of,
  const N extends string,
  S extends z.ZodType,
  R extends z.ZodType,
>(declared: Field<O, N, S, R>): Field<O, N, S, R> {
  return declared;
}

/** By the name that intermediates have for it, in the order in which the result files have them. */
export const ROW_FIELDS = {
  /** Of a model that segments what it finds. */
  masks: field({
    of: "detection",
    name: "mask",
    seen: maskSchema,
    row: maskSchema,
    toRow: (mask) => mask,
  }),
  /** Of a job with a classifier beside its detector: the best labels of what is in the box, the best first. */
  attributes: field({
    of: "detection",
    name: "attributes",
    seen: z.array(scoredLabelSchema).nullable(),
    row: z.array(labelRowSchema),
    toRow: (scored, { attributeLabels = [] }) => labelRows(scored, attributeLabels),
  }),
  /** Of a job whose model is a classifier: the best labels of the picture, the best first. */
  labels: field({
    of: "frame",
    name: "labels",
    seen: z.array(scoredLabelSchema),
    row: z.array(labelRowSchema),
    toRow: (scored, { labels }) => labelRows(scored, labels),
  }),
  /** Of a job with a segmenter: the classes in the picture, by their ids. */
  areas: field({
    of: "frame",
    name: "areas",
    seen: z.array(areaSchema),
    row: z.array(areaRowSchema),
    toRow: (areas, { labels, areaLabels = labels }) =>
      areas.map(({ classId, mask }) => ({ classId, label: labelOf(areaLabels, classId), mask })),
  }),
} as const;

type Fields = typeof ROW_FIELDS;
export type SeenField = keyof Fields;
export const SEEN_FIELDS = Object.keys(ROW_FIELDS) as SeenField[];

/** Of one detection, or of one frame. */
export type SeenOf<K extends SeenField> = NonNullable<z.output<Fields[K]["seen"]>>;

/** Of one frame: an entry for each detection, or one. */
type SeenShape = {
  [K in SeenField]: Fields[K]["of"] extends "detection"
    ? z.ZodArray<Fields[K]["seen"]>
    : Fields[K]["seen"];
};
const seenShape = mapFields(({ of, seen }) =>
  of === "detection" ? z.array(seen) : seen,
) as unknown as SeenShape;

/** Of a row of a part. */
export const seenOfFrame = mapFields((_, key) => seenShape[key].optional()) as unknown as {
  [K in SeenField]: z.ZodOptional<SeenShape[K]>;
};
/** Of all frames of a range, one after the other. */
export const seenOfFrames = mapFields((_, key) =>
  z.array(seenShape[key]).optional(),
) as unknown as {
  [K in SeenField]: z.ZodOptional<z.ZodArray<SeenShape[K]>>;
};
/** What models saw of one frame beside boxes. */
export type Seen = z.output<z.ZodObject<typeof seenOfFrame>>;

type RowShape<O extends Of> = {
  [K in SeenField as Fields[K]["of"] extends O ? Fields[K]["name"] : never]: z.ZodOptional<
    Fields[K]["row"]
  >;
};
/** What a detection of a result file, or a frame of one, may have beside its own fields. */
export const detectionRowShape = rowShape("detection");
export const frameRowShape = rowShape("frame");

/** What is known of one of the frames of a range. */
export function seenOf(result: z.output<z.ZodObject<typeof seenOfFrames>>, frame: number): Seen {
  return Object.fromEntries(
    SEEN_FIELDS.flatMap((key) => {
      const values = result[key];
      return values === undefined ? [] : [[key, values[frame]!] as const];
    }),
  );
}

/** The fields of a frame, or of one of its detections, as they stand in the result files. */
export function rowFieldsOf<O extends Of>(
  seen: Seen,
  names: LabelNames,
  of: O,
  detection = 0,
): z.output<z.ZodObject<RowShape<O>>> {
  const row: Record<string, unknown> = {};
  for (const key of SEEN_FIELDS) {
    const each = ROW_FIELDS[key] as Field<Of, string, z.ZodType, z.ZodType>;
    if (each.of !== of) continue;
    const value =
      of === "detection" ? (seen[key] as unknown[] | undefined)?.[detection] : seen[key];
    if (value !== undefined && value !== null) row[each.name] = each.toRow(value, names);
  }
  return row as z.output<z.ZodObject<RowShape<O>>>;
}

function rowShape<O extends Of>(of: O): RowShape<O> {
  return Object.fromEntries(
    Object.values(ROW_FIELDS).flatMap((each) =>
      each.of === of ? [[each.name, each.row.optional()] as const] : [],
    ),
  ) as unknown as RowShape<O>;
}

function mapFields<T>(
  map: (field: Field<Of, string, z.ZodType, z.ZodType>, key: SeenField) => T,
): Record<SeenField, T> {
  return Object.fromEntries(
    SEEN_FIELDS.map((key) => [
      key,
      map(ROW_FIELDS[key] as Field<Of, string, z.ZodType, z.ZodType>, key),
    ]),
  ) as Record<SeenField, T>;
}
