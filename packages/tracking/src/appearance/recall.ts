import type { TrackerOptions } from "@framequeue/contracts";
import { cosineDistance, unitFeature } from "./appearance.ts";
import type { Feature } from "./appearance.ts";
import type { Observation } from "../association.ts";
import { packFeature, unpackFeature } from "./packed-features.ts";
import type { SavedFeature } from "./packed-features.ts";

export type RecallOptions = Readonly<NonNullable<TrackerOptions["recall"]>>;

/** What is remembered of a track. */
export interface RememberedTrack {
  readonly trackId: number;
  /** Of the last time that it was seen. */
  readonly frame: number;
  readonly classId: number;
  /** Looks, averaged over its life; of length 1. */
  readonly feature: SavedFeature;
}

interface Remembered {
  frame: number;
  classId: number;
  feature: Feature;
}

/** Share of the former looks in the looks after another sight. */
const momentum = 0.9;
/** The longest unseen are forgotten beyond so many. */
const capacity = 1000;

/**
 * Lost and found: remembers how tracks looked that have ended, and gives a new track the id of the one that it looks
 * most alike, if that is alike enough. So an object that comes back long after every buffer keeps its identity.
 */
export class Recall {
  readonly #options: RecallOptions;
  readonly #tracks: Map<number, Remembered>;

  constructor(options: RecallOptions, tracks: readonly RememberedTrack[]) {
    this.#options = options;
    this.#tracks = new Map(
      tracks.map(({ trackId, frame, classId, feature }) => [
        trackId,
        { frame, classId, feature: unpackFeature(feature) },
      ]),
    );
  }

  /**
   * The id of the track that ended and looks most like this, or undefined. Among equals the lowest.
   *
   * @param taken ids of tracks that go on
   */
  find(
    { feature, classId }: Observation,
    frame: number,
    taken: ReadonlySet<number>,
  ): number | undefined {
    if (feature === undefined) return undefined;
    let found: number | undefined;
    let nearest = Number.POSITIVE_INFINITY;
    for (const [trackId, known] of this.#tracks) {
      if (taken.has(trackId) || known.classId !== classId) continue;
      if (frame - known.frame > this.#options.frames) continue;
      const distance = cosineDistance(known.feature, feature);
      if (distance > this.#options.maxCosineDistance) continue;
      if (distance > nearest || (distance === nearest && trackId > found!)) continue;
      found = trackId;
      nearest = distance;
    }
    return found;
  }

  /** Takes note of a track that is seen. */
  see(trackId: number, { feature, classId }: Observation, frame: number): void {
    if (feature === undefined) return;
    const former = this.#tracks.get(trackId)?.feature;
    const mixed = former?.map((value, i) => momentum * value + (1 - momentum) * feature[i]!);
    // The latest stands last, so that the first are those unseen for longest.
    this.#tracks.delete(trackId);
    this.#tracks.set(trackId, {
      ...{ frame, classId },
      feature: (mixed && unitFeature(mixed)) ?? feature,
    });
  }

  /** Forgets what is too old, and the oldest of too many. */
  forget(frame: number): void {
    for (const [trackId, known] of this.#tracks) {
      const isOld = frame - known.frame > this.#options.frames;
      if (!isOld && this.#tracks.size <= capacity) return;
      this.#tracks.delete(trackId);
    }
  }

  /** Those unseen for longest first. */
  save(): RememberedTrack[] {
    return [...this.#tracks].map(([trackId, { frame, classId, feature }]) => {
      return { trackId, frame, classId, feature: packFeature(feature) };
    });
  }
}
