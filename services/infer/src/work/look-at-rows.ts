import type { DetectionTuple, ModelRef } from "@framequeue/contracts";
import type { Crop, PictureModel, PlanarFrames } from "@framequeue/models";
import type { Plan } from "@framequeue/pipeline";
import { xywhToXyxy } from "@framequeue/vision";
import type { ModelCache } from "../models/model-cache.ts";

/** What a model is to look at. */
export interface RowsToLookAt {
  readonly plan: Plan;
  readonly frames: PlanarFrames;
  /** Which of the frames the first row belongs to. */
  readonly first: number;
  readonly rows: readonly (readonly DetectionTuple[])[];
  /** Whether detections of the class are of interest. */
  readonly wanted: (classId: number) => boolean;
  readonly signal: AbortSignal;
}

/**
 * What a model says of each detection of the wanted classes; null for the others. It sees the pixels of the rounded box,
 * so that the result file says what was looked at.
 */
export async function lookAtRows<R>(
  models: ModelCache<PictureModel<R>>,
  ref: ModelRef,
  { plan, frames, first, rows, wanted, signal }: RowsToLookAt,
): Promise<(R | null)[][]> {
  const crops = rows.flatMap((row, i) =>
    row
      .filter(([, , , , , classId]) => wanted(classId))
      .map(([x, y, w, h]): Crop => ({ frame: first + i, box: xywhToXyxy([x, y, w, h]) })),
  );
  await using loan = await models.borrow(ref, tensorBatchOf(plan, ref));
  const answers = await loan.model.lookAtCrops(frames, crops, plan.media, signal);
  let next = 0;
  return rows.map((row) =>
    row.map(([, , , , , classId]) => (wanted(classId) ? answers[next++]! : null)),
  );
}

/** Pictures per run of a model, as the job's plan has it. */
export function tensorBatchOf({ numeric }: Plan, { sha256 }: ModelRef): number {
  return numeric?.tensorBatch[sha256] ?? 1;
}
