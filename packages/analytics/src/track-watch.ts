import type { Moment } from "./border.ts";
import type { Point } from "./geometry.ts";
import { anchorOf, type AnalyticsSettings, type SeenFrame } from "./scene-analytics.ts";

interface TrackMoment extends Moment {
  readonly trackId: number;
  readonly label: string;
  readonly at: Point;
}

/**
 * `start` and `end`: the first and the last frame in which a track is seen. `lost`: the first frame without it, of a track
 * that is `found` later; its place is where it was last.
 */
export type TrackHappening =
  | (TrackMoment & { readonly kind: "start" | "lost" })
  | (TrackMoment & { readonly kind: "found"; readonly awaySeconds: number })
  | (TrackMoment & { readonly kind: "end"; readonly lifeSeconds: number });

/** What is remembered of a track until its last frame. */
interface Watched {
  readonly startSeconds: number;
  label: string;
  at: Point;
  /** Since when it is away. */
  lostSeconds: number | undefined;
}

/** Tells when tracks begin, get lost, are found and end, from the frames in which they are seen. */
export class TrackWatch {
  readonly #anchor: AnalyticsSettings["anchor"];
  readonly #tracks = new Map<number, Watched>();

  constructor(anchor: AnalyticsSettings["anchor"]) {
    this.#anchor = anchor;
  }

  /** What happened in this frame: who is lost in it, by track id, then the others in order of the frame's objects. */
  *see({ frame, pts, seconds, objects }: SeenFrame): Generator<TrackHappening> {
    const moment = { frame, pts, seconds };
    const seen = new Set(objects.map(({ trackId }) => trackId));
    const missing = [...this.#tracks].filter(([id, { lostSeconds }]) => {
      return lostSeconds === undefined && !seen.has(id);
    });
    for (const [trackId, track] of missing.sort(([a], [b]) => a - b)) {
      track.lostSeconds = seconds;
      yield { kind: "lost", ...moment, trackId, label: track.label, at: track.at };
    }
    for (const { trackId, label, box, isLast } of objects) {
      const at = anchorOf(box, this.#anchor);
      const here = { ...moment, trackId, label, at };
      const track = this.#tracks.get(trackId) ?? {
        ...{ startSeconds: seconds, label, at, lostSeconds: undefined },
      };
      if (!this.#tracks.has(trackId)) yield { kind: "start", ...here };
      else if (track.lostSeconds !== undefined) {
        yield { kind: "found", ...here, awaySeconds: seconds - track.lostSeconds };
      }
      if (isLast) {
        this.#tracks.delete(trackId);
        yield { kind: "end", ...here, lifeSeconds: seconds - track.startSeconds };
      } else {
        this.#tracks.set(trackId, { ...track, label, at, lostSeconds: undefined });
      }
    }
  }
}
