import type { FrameFileRow, Gap, LabelRow, PartRow, ScoredLabel } from "@framequeue/contracts";

/** The names of all classes that a job's models know, by their ids. */
export interface LabelNames {
  /** Of the job's own model, … */
  readonly labels: readonly string[];
  /** … of the one that classifies what it finds, … */
  readonly attributeLabels?: readonly string[] | undefined;
  /** … and of the one that segments the frames beside it. */
  readonly areaLabels?: readonly string[] | undefined;
}

export function labelOf(labels: readonly string[], classId: number): string {
  return labels[classId] ?? `class ${classId}`;
}

/** Labels of a classifier as they stand in the result files. */
export function labelRows(scored: readonly ScoredLabel[], labels: readonly string[]): LabelRow[] {
  return scored.map(([score, classId]) => ({ classId, label: labelOf(labels, classId), score }));
}

/**
 * Rows of `frames.jsonl` from rows of parts. Neighbouring frames of one gap become one gap row, so that the file does
 * not show how the work was cut.
 *
 * @param missing frames that did not decode, in their order
 */
export async function* toFrameRows(
  rows: AsyncIterable<PartRow>,
  names: LabelNames,
  missing: readonly Gap[] = [],
): AsyncGenerator<FrameFileRow> {
  const { labels, attributeLabels = [], areaLabels = labels } = names;
  let gap: Gap | undefined;
  let next = 0;
  for await (const row of rows) {
    for (; next < missing.length && missing[next]!.from < row.frame; next++) {
      if (gap !== undefined) yield { gap };
      gap = undefined;
      yield { gap: missing[next]! };
    }
    if ("gap" in row) {
      if (gap?.reason === row.gap) {
        gap = { ...gap, to: row.frame };
        continue;
      }
      if (gap !== undefined) yield { gap };
      gap = { from: row.frame, to: row.frame, reason: row.gap };
      continue;
    }
    if (gap !== undefined) yield { gap };
    gap = undefined;
    const trackOf = new Map(
      row.tracks.map(([trackId, , , , , , , detection]) => [detection, trackId]),
    );
    yield {
      frame: row.frame,
      pts: row.pts,
      detections: row.detections.map(([x, y, width, height, score, classId], i) => {
        const trackId = trackOf.get(i);
        const mask = row.masks?.[i];
        const attributes = row.attributes?.[i];
        return {
          box: [x, y, width, height],
          score,
          classId,
          label: labelOf(labels, classId),
          ...(trackId === undefined ? {} : { trackId }),
          ...(mask === undefined ? {} : { mask }),
          ...(attributes && { attributes: labelRows(attributes, attributeLabels) }),
        };
      }),
      ...(row.labels && { labels: labelRows(row.labels, labels) }),
      ...(row.areas && {
        areas: row.areas.map(({ classId, mask }) => ({
          classId,
          label: labelOf(areaLabels, classId),
          mask,
        })),
      }),
    };
  }
  if (gap !== undefined) yield { gap };
  for (const each of missing.slice(next)) yield { gap: each };
}
