import type { PartRow, ResultBox, TrackRow, TrackTuple } from "@framequeue/contracts";
import { roundTo, scoreDecimals } from "@framequeue/vision";

interface Open {
  readonly trackId: number;
  readonly classId: number;
  readonly first: { readonly frame: number; readonly pts: number };
  last: { frame: number; pts: number };
  scores: number;
  bestValue: number;
  best: { frame: number; box: ResultBox };
  readonly path: TrackRow["path"];
}

/** Gathers the frames of each track into the rows of `tracks.jsonl`. */
export class TrackCollector {
  readonly #tracks = new Map<number, Open>();

  add(row: PartRow): void {
    if ("gap" in row) return;
    for (const tuple of row.tracks) this.#observe(row.frame, row.pts, tuple);
  }

  get count(): number {
    return this.#tracks.size;
  }

  /** By track id. */
  rows(labels: readonly string[]): TrackRow[] {
    return [...this.#tracks.values()]
      .sort((a, b) => a.trackId - b.trackId)
      .map(({ trackId, classId, first, last, scores, best, path }) => ({
        trackId,
        classId,
        label: labels[classId] ?? `class ${classId}`,
        score: roundTo(scores / path.length, scoreDecimals),
        first,
        last,
        observed: path.length,
        best,
        path,
      }));
  }

  #observe(
    frame: number,
    pts: number,
    [trackId, x, y, width, height, classId, score]: TrackTuple,
  ): void {
    const value = score * width * height;
    const box: ResultBox = [x, y, width, height];
    const known = this.#tracks.get(trackId);
    if (known === undefined) {
      this.#tracks.set(trackId, {
        trackId,
        classId,
        first: { frame, pts },
        last: { frame, pts },
        scores: score,
        bestValue: value,
        best: { frame, box },
        path: [[frame, ...box]],
      });
      return;
    }
    known.last = { frame, pts };
    known.scores += score;
    known.path.push([frame, ...box]);
    if (value > known.bestValue) {
      known.bestValue = value;
      known.best = { frame, box };
    }
  }
}
