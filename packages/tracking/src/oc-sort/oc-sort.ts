import type { BoxXyxy } from "@framequeue/vision";
import type {
  Association,
  FrameTime,
  Observation,
  TakeTrackId,
  TrackedBox,
} from "../association.ts";
import {
  correctSortFilter,
  addedHeightPx,
  sortFilterBox,
  startSortFilter,
} from "../motion/kalman-sort.ts";
import { directionBetween, earlierBox, momentumBonus, remember } from "./oc-motion.ts";
import type { Direction, Sighting } from "./oc-motion.ts";
import { refindBySteadyMotion, refindMemory } from "./oc-refind.ts";
import { replayGap } from "./oc-replay.ts";
import { PairList } from "../assignment/pair-list.ts";
import { matchByOverlap, recoverByOverlap } from "../sort/sort-matching.ts";
import { lifeOf, predictTracks, showTracks } from "../sort/sort-tracks.ts";
import type { SortTrack, SortTrackState } from "../sort/sort-tracks.ts";
import type { TrackLife } from "../track-life.ts";
import type { OwnOptions } from "../tracker-options.ts";

export type OcSortOptions = OwnOptions<"ocsort">;

interface OcSortMemory {
  /**
   * Matched boxes, birth not counted: those of the last `deltaFrames` frames, and at least the last one, or with `refind`
   * as many as it needs.
   */
  readonly sightings: readonly Sighting[];
  readonly direction: Direction | null;
}

export interface OcSortTrackState extends SortTrackState, OcSortMemory {
  /** The filter as it was predicted for the first frame of the current gap. Null while there is none. */
  readonly frozen: readonly number[] | null;
  /** That frame; 0 while there is no gap. */
  readonly frozenFrame: number;
}

/** Tracks in order of birth. */
export interface OcSortState {
  readonly tracks: readonly OcSortTrackState[];
}

interface OcSortTrack extends SortTrack {
  sightings: readonly Sighting[];
  direction: Direction | null;
  frozen: Float64Array | null;
  frozenFrame: number;
}

/** The last observation of a track that has none: overlaps nothing. */
const nowhere: BoxXyxy = [-1, -1, -1, -1];

/**
 * OC-SORT: Cao et al., "Observation-centric SORT: rethinking SORT for robust multi-object tracking", CVPR 2023,
 * section 4, with the rules of its published code. SORT that trusts what it saw more than what its filter made of it:
 * pairs must fit the direction between observations (OCM), what is left is matched with last observations (OCR), and
 * after a gap the filter is led along a line from one observation to the next (ORU). Shows a track only in frames where
 * it has a detection, at that detection's box.
 */
export class OcSort implements Association<OcSortState> {
  readonly #options: OcSortOptions;
  readonly #pairs = new PairList();
  #tracks: OcSortTrack[];

  constructor(options: OcSortOptions, state: OcSortState = { tracks: [] }) {
    this.#options = options;
    this.#tracks = state.tracks.map((track) => ({
      ...track,
      filter: Float64Array.from(track.filter),
      frozen: track.frozen === null ? null : Float64Array.from(track.frozen),
    }));
  }

  step(
    time: FrameTime,
    observations: readonly Observation[],
    nextTrackId: TakeTrackId,
  ): TrackedBox[] {
    const { frame } = time;
    const { maxAge, minHits, iouThreshold, deltaFrames, inertia } = this.#options;
    const { tracks, boxes } = predictTracks(this.#tracks, time.elapsed);
    const earlier = tracks.map(({ sightings }) => earlierBox(sightings, frame, deltaFrames));
    const momentum = momentumBonus(observations, tracks, earlier, inertia);
    const trackOf = matchByOverlap(this.#pairs, observations, boxes, iouThreshold, momentum);
    this.#recover(trackOf, observations, tracks, frame);

    const observed = new Map<OcSortTrack, Observation>();
    for (const [index, observation] of observations.entries()) {
      const track = tracks[trackOf[index]!];
      if (track === undefined) continue;
      this.#update(track, observation.box, earlier[trackOf[index]!], frame);
      observed.set(track, observation);
    }
    for (const track of tracks) {
      const isFirstMiss = track.misses === time.elapsed && track.sightings.length > 0;
      if (!isFirstMiss) continue;
      track.frozen = track.filter.slice();
      track.frozenFrame = frame;
    }
    for (const [index, observation] of observations.entries()) {
      if (trackOf[index]! >= 0) continue;
      const track = foundTrack(observation.box);
      observed.set(track, observation);
      tracks.push(track);
    }
    this.#tracks = tracks.filter((track) => track.misses <= maxAge);
    return showTracks(
      tracks,
      observed,
      time,
      minHits,
      nextTrackId,
      ({ sightings, filter }) => sightings.at(-1)?.box ?? sortFilterBox(filter),
    );
  }

  lives(): TrackLife[] {
    return this.#tracks.map(lifeOf);
  }

  save(): OcSortState {
    return {
      tracks: this.#tracks.map((track) => ({
        ...track,
        filter: Array.from(track.filter),
        frozen: track.frozen === null ? null : Array.from(track.frozen),
      })),
    };
  }

  /** Matches what is left with the tracks' last observations, and then with where their steady motion takes them. */
  #recover(
    trackOf: Int32Array,
    observations: readonly Observation[],
    tracks: readonly OcSortTrack[],
    frame: number,
  ): void {
    const { iouThreshold, refind } = this.#options;
    this.#matchLeft(trackOf, observations, tracks, (left, leftTracks) =>
      recoverByOverlap(
        this.#pairs,
        left,
        leftTracks.map(({ sightings }) => sightings.at(-1)?.box ?? nowhere),
        iouThreshold,
      ),
    );
    if (!refind) return;
    this.#matchLeft(trackOf, observations, tracks, (left, leftTracks) =>
      refindBySteadyMotion(
        left,
        leftTracks.map(({ sightings }) => sightings),
        frame,
      ),
    );
  }

  /** @param match gives the index of the track per observation, or -1 */
  #matchLeft(
    trackOf: Int32Array,
    observations: readonly Observation[],
    tracks: readonly OcSortTrack[],
    match: (observations: Observation[], tracks: OcSortTrack[]) => Int32Array,
  ): void {
    const taken = new Set(trackOf);
    const leftTracks = [...tracks.keys()].filter((at) => !taken.has(at));
    const left = [...observations.keys()].filter((index) => trackOf[index]! < 0);
    if (left.length === 0 || leftTracks.length === 0) return;
    const found = match(
      left.map((index) => observations[index]!),
      leftTracks.map((at) => tracks[at]!),
    );
    for (const [row, index] of left.entries()) trackOf[index] = leftTracks[found[row]!] ?? -1;
  }

  #update(track: OcSortTrack, box: BoxXyxy, earlier: BoxXyxy | undefined, frame: number): void {
    const last = track.sightings.at(-1);
    if (last !== undefined && earlier !== undefined) {
      track.direction = directionBetween(earlier, box);
      if (track.frozen !== null) {
        replayGap(track.filter, { filter: track.frozen, frame: track.frozenFrame }, last, {
          frame,
          box,
        });
      }
    }
    track.frozen = null;
    track.frozenFrame = 0;
    correctSortFilter(track.filter, box, addedHeightPx);
    track.misses = 0;
    track.hitStreak++;
    const { deltaFrames, refind } = this.#options;
    const least = refind ? refindMemory : 1;
    track.sightings = remember(track.sightings, { frame, box }, deltaFrames, least);
  }
}

function foundTrack(box: BoxXyxy): OcSortTrack {
  const filter = startSortFilter(box, addedHeightPx);
  return {
    ...{ trackId: 0, hitStreak: 0, misses: 0, filter },
    ...{ sightings: [], direction: null, frozen: null, frozenFrame: 0 },
  };
}
