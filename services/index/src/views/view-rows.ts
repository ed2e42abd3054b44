import {
  cutReportSchema,
  labelOf,
  labelRows,
  type LookReport,
  lookReportSchema,
  type ScoredLabel,
  type TrackView,
  type ViewRow,
} from "@framequeue/contracts";
import {
  type FrameNumbers,
  type Pipeline,
  type StepWork,
  readIntermediateJson,
} from "@framequeue/pipeline";

/** The best views of the tracks of a job, and what its models made of them. */
export interface LookedAtViews {
  readonly views: readonly TrackView[];
  readonly looked: LookReport;
}

export async function readViews(
  { objects }: Pipeline,
  { record }: StepWork,
): Promise<LookedAtViews> {
  const { views } = await readIntermediateJson(objects, record["cut"]!, cutReportSchema);
  const looked = await readIntermediateJson(objects, record["look"]!, lookReportSchema);
  return { views, looked };
}

/**
 * Rows of `views.jsonl`.
 *
 * @param numbers of the frames, in the results
 * @param onLabels hears what the classifier says
 */
export async function* viewRows(
  { views, looked }: LookedAtViews,
  { plan }: StepWork,
  numbers: FrameNumbers,
  onLabels: (trackId: number, labels: readonly ScoredLabel[]) => void,
): AsyncGenerator<ViewRow> {
  for (const [i, { trackId, classId, frame, pts, box }] of views.entries()) {
    const { feature, attributes } = looked.views[i]!;
    if (attributes !== undefined) onLabels(trackId, attributes);
    yield {
      trackId,
      classId,
      label: labelOf(plan.labels, classId),
      frame: numbers.of(frame),
      pts,
      box,
      ...(feature === undefined ? {} : { embedding: feature }),
      ...(attributes && { attributes: labelRows(attributes, plan.attributeLabels ?? []) }),
    };
  }
}
