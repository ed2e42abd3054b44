import {
  type FrameFileRow,
  type Gap,
  type LabelNames,
  labelOf,
  type PartRow,
  rowFieldsOf,
} from "@framequeue/contracts";

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
        return {
          box: [x, y, width, height],
          score,
          classId,
          label: labelOf(names.labels, classId),
          ...(trackId === undefined ? {} : { trackId }),
          ...rowFieldsOf(row, names, "detection", i),
        };
      }),
      ...rowFieldsOf(row, names, "frame"),
    };
  }
  if (gap !== undefined) yield { gap };
  for (const each of missing.slice(next)) yield { gap: each };
}
