import type { FrameFileRow, Gap, PartRow } from "@framequeue/contracts";

/**
 * Rows of `frames.jsonl` from rows of parts. Neighbouring frames of one gap become one gap row, so that the file does
 * not show how the work was cut. `missing`: frames at the end that were never decoded.
 */
export async function* toFrameRows(
  rows: AsyncIterable<PartRow>,
  labels: readonly string[],
  missing?: { readonly frames: number; readonly reason: Gap["reason"] },
): AsyncGenerator<FrameFileRow> {
  let gap: Gap | undefined;
  let next = 0;
  for await (const row of rows) {
    next = row.frame + 1;
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
        return {
          box: [x, y, width, height],
          score,
          classId,
          label: labels[classId] ?? `class ${classId}`,
          ...(trackId === undefined ? {} : { trackId }),
          ...(mask === undefined ? {} : { mask }),
        };
      }),
    };
  }
  if (gap !== undefined) yield { gap };
  if (missing !== undefined && missing.frames > 0) {
    yield { gap: { from: next, to: next + missing.frames - 1, reason: missing.reason } };
  }
}
