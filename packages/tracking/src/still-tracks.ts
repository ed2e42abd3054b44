import type { TrackedBox } from "./association.ts";

/** Where a track began to stand still, as far as it does. */
export interface StillAnchor {
  readonly trackId: number;
  readonly frame: number;
  /** Centre, source pixels. */
  readonly x: number;
  readonly y: number;
}

/** A track has moved once its centre is further away than this share of its size. */
const leastWay = 0.5;

/**
 * Hides tracks of what stands still: those whose centre has stayed within half their size (the root of their area) for
 * so many frames, from then until they move. A parked car is shown at first, then no more.
 */
export class StillTracks {
  readonly #hideAfterFrames: number;
  #anchors: Map<number, StillAnchor>;

  constructor(hideAfterFrames: number, anchors: readonly StillAnchor[]) {
    this.#hideAfterFrames = hideAfterFrames;
    this.#anchors = new Map(anchors.map((anchor) => [anchor.trackId, anchor]));
  }

  /** The tracks that are to be seen. */
  hide(tracks: readonly TrackedBox[], frame: number): TrackedBox[] {
    return tracks.filter(({ trackId, box: [x1, y1, x2, y2] }) => {
      const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
      const size = Math.sqrt(Math.max(0, x2 - x1) * Math.max(0, y2 - y1));
      const anchor = this.#anchors.get(trackId);
      const hasMoved =
        anchor === undefined || Math.hypot(x - anchor.x, y - anchor.y) > leastWay * size;
      if (hasMoved) this.#anchors.set(trackId, { trackId, frame, x, y });
      return hasMoved || frame - anchor.frame < this.#hideAfterFrames;
    });
  }

  /** Only these tracks can be shown again. */
  keep(living: ReadonlySet<number>): void {
    for (const trackId of this.#anchors.keys()) {
      if (!living.has(trackId)) this.#anchors.delete(trackId);
    }
  }

  save(): StillAnchor[] {
    return [...this.#anchors.values()].sort((a, b) => a.trackId - b.trackId);
  }
}
