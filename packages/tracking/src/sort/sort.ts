import type {
  Association,
  FrameTime,
  Observation,
  TakeTrackId,
  TrackedBox,
} from "../association.ts";
import { correctSortFilter, sortFilterBox, startSortFilter } from "../motion/kalman-sort.ts";
import { PairList } from "../assignment/pair-list.ts";
import { matchByOverlap } from "./sort-matching.ts";
import { lifeOf, predictTracks, showTracks } from "./sort-tracks.ts";
import type { SortTrack, SortTrackState } from "./sort-tracks.ts";
import type { TrackLife } from "../track-life.ts";
import type { OwnOptions } from "../tracker-options.ts";

export type SortOptions = OwnOptions<"sort">;

/** Tracks in order of birth. */
export interface SortState {
  readonly tracks: readonly SortTrackState[];
}

/**
 * SORT: Bewley et al., "Simple online and realtime tracking", ICIP 2016, sections 3.2 to 3.4, with
 * the rules of its published code. Shows a track only in frames where it has a detection.
 */
export class Sort implements Association<SortState> {
  readonly #options: SortOptions;
  readonly #pairs = new PairList();
  #tracks: SortTrack[];

  constructor(options: SortOptions, state: SortState = { tracks: [] }) {
    this.#options = options;
    this.#tracks = state.tracks.map((track) => ({
      ...track,
      filter: Float64Array.from(track.filter),
    }));
  }

  step(
    time: FrameTime,
    observations: readonly Observation[],
    nextTrackId: TakeTrackId,
  ): TrackedBox[] {
    const { maxAge, minHits, iouThreshold } = this.#options;
    const { tracks, boxes } = predictTracks(this.#tracks, time.elapsed);
    const trackOf = matchByOverlap(this.#pairs, observations, boxes, iouThreshold);

    /** What each track was matched with or born from in this frame. */
    const observed = new Map<SortTrack, Observation>();
    for (const [index, observation] of observations.entries()) {
      const track = tracks[trackOf[index]!];
      if (track === undefined) continue;
      correctSortFilter(track.filter, observation.box);
      track.misses = 0;
      track.hitStreak++;
      observed.set(track, observation);
    }
    for (const [index, observation] of observations.entries()) {
      if (trackOf[index]! >= 0) continue;
      const filter = startSortFilter(observation.box);
      const track = { trackId: 0, hitStreak: 0, misses: 0, filter };
      observed.set(track, observation);
      tracks.push(track);
    }
    this.#tracks = tracks.filter((track) => track.misses <= maxAge);
    return showTracks(tracks, observed, time, minHits, nextTrackId, ({ filter }) =>
      sortFilterBox(filter),
    );
  }

  lives(): TrackLife[] {
    return this.#tracks.map(lifeOf);
  }

  save(): SortState {
    return {
      tracks: this.#tracks.map((track) => ({ ...track, filter: Array.from(track.filter) })),
    };
  }
}
