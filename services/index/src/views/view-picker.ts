import type { PartRow, ResultBox, Size, TrackView } from "@framequeue/contracts";

/** With what it is worth. */
interface ValuedView extends TrackView {
  readonly value: number;
}

export interface ViewTerms {
  /** Views that a track has at most. */
  readonly most: number;
  /** Least time between two of them, in ticks of the source's time base: neighbours show the same. */
  readonly apart: number;
  /** Of the source's picture. */
  readonly picture: Size;
  /** Whether tracks of the class are of interest. */
  readonly wanted: (classId: number) => boolean;
}

/** Share of its value that a view keeps whose box touches the border of the picture, so that some of it is missing. */
const CUT_OFF = 0.25;

/**
 * Finds the best views of each track while its frames pass by, in order. A view is worth the score times the area of its
 * detection, less where others stand over it or it is cut off. Holds `most` views per track, whatever its length, so it
 * may miss one that fitted only before a better neighbour came.
 */
export class ViewPicker {
  readonly #terms: ViewTerms;
  readonly #tracks = new Map<number, ValuedView[]>();

  constructor(terms: ViewTerms) {
    this.#terms = terms;
  }

  see(row: PartRow): void {
    if ("gap" in row) return;
    const boxes = row.detections.map(([x, y, width, height]): ResultBox => [x, y, width, height]);
    for (const [trackId, , , , , classId, , detection] of row.tracks) {
      const seen = row.detections[detection];
      if (seen === undefined || !this.#terms.wanted(classId)) continue;
      const box = boxes[detection]!;
      const value = seen[4] * this.#visibleArea(box, boxes);
      if (value <= 0) continue;
      this.#offer({ trackId, classId, frame: row.frame, pts: row.pts, box, value });
    }
  }

  /** By track, then by time. */
  views(): TrackView[] {
    return [...this.#tracks.values()]
      .flat()
      .sort((a, b) => a.trackId - b.trackId || a.frame - b.frame)
      .map(({ value: _, ...view }) => view);
  }

  #offer(view: ValuedView): void {
    const { most, apart } = this.#terms;
    const kept = this.#tracks.get(view.trackId) ?? [];
    this.#tracks.set(view.trackId, kept);
    const near = kept.filter(({ pts }) => Math.abs(view.pts - pts) < apart);
    // Of neighbours only the best stays; else the worst of all makes room.
    if (near.some(({ value }) => value >= view.value)) return;
    if (near.length > 0) {
      this.#tracks.set(view.trackId, [...kept.filter((other) => !near.includes(other)), view]);
      return;
    }
    if (kept.length < most) {
      kept.push(view);
      return;
    }
    const worst = kept.reduce((a, b) => (b.value < a.value ? b : a));
    if (worst.value < view.value) kept[kept.indexOf(worst)] = view;
  }

  /** Of a detection in a frame; what others cover counts once for each. */
  #visibleArea(box: ResultBox, all: readonly ResultBox[]): number {
    const area = box[2] * box[3];
    const covered = all.reduce((sum, other) => sum + (other === box ? 0 : common(box, other)), 0);
    return Math.max(0, area - covered) * (this.#isCutOff(box) ? CUT_OFF : 1);
  }

  #isCutOff([x, y, width, height]: ResultBox): boolean {
    const { picture } = this.#terms;
    return x < 1 || y < 1 || x + width > picture.width - 1 || y + height > picture.height - 1;
  }
}

/** Pixels that two boxes share. */
function common([ax, ay, aw, ah]: ResultBox, [bx, by, bw, bh]: ResultBox): number {
  const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  return width > 0 && height > 0 ? width * height : 0;
}
