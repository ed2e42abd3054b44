import {
  type DetectionTuple,
  encodeFeature,
  type InferResult,
  looksAtEach,
} from "@framequeue/contracts";
import type { Crop, PictureModel, PlanarFrames } from "@framequeue/models";
import type { JobFacts } from "@framequeue/pipeline";
import { xywhToXyxy } from "@framequeue/vision";
import type { ModelCache } from "./model-cache.ts";
import { wantedClasses } from "./result-rows.ts";

/** Says what a crop looks like. */
export type Embedder = PictureModel<Float32Array<ArrayBuffer>>;

/**
 * What the detections look like, where the job has a model for that: a vector for each of the classes that are asked
 * for, from the pixels of its rounded box, so that the result file says what was looked at.
 *
 * @param first which of the frames the first row belongs to
 */
export async function embedRows(
  embedders: ModelCache<Embedder>,
  { job, plan }: JobFacts,
  frames: PlanarFrames,
  first: number,
  rows: readonly (readonly DetectionTuple[])[],
  signal: AbortSignal,
): Promise<InferResult["features"]> {
  const ref = job.models.find(({ role }) => role === "embedder");
  if (ref === undefined || !looksAtEach(job.options)) return undefined;
  const wanted = wantedClasses(plan.labels, job.options.embedLabels);
  const crops = rows.flatMap((row, i) =>
    row
      .filter(([, , , , , classId]) => wanted(classId))
      .map(([x, y, w, h]): Crop => ({ frame: first + i, box: xywhToXyxy([x, y, w, h]) })),
  );
  await using loan = await embedders.borrow(ref, plan.numeric?.tensorBatch[ref.sha256] ?? 1);
  const vectors = await loan.model.lookAtCrops(frames, crops, plan.media, signal);
  let next = 0;
  return rows.map((row) =>
    row.map(([, , , , , classId]) => (wanted(classId) ? encodeFeature(vectors[next++]!) : null)),
  );
}
