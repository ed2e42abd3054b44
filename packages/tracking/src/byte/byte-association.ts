import { cosineDistance, unitFeature } from "../appearance/appearance.ts";
import type { Feature } from "../appearance/appearance.ts";
import type {
  Association,
  FrameTime,
  Observation,
  TakeTrackId,
  TrackedBox,
} from "../association.ts";
import { duplicates, matchPairs } from "./byte-matching.ts";
import type { Matching, PairCost } from "./byte-matching.ts";
import type { CameraMotion } from "../camera/camera-motion.ts";
import type { MotionModel } from "../motion/motion-model.ts";
import { packFeature, unpackFeature } from "../appearance/packed-features.ts";
import type { SavedFeature } from "../appearance/packed-features.ts";
import { PairList } from "../assignment/pair-list.ts";
import type { TrackLife } from "../track-life.ts";
import type { OwnOptions } from "../tracker-options.ts";

/** Thresholds of scores and costs, and the buffer: what ByteTrack and BoT-SORT have in common. */
export type ByteOptions = OwnOptions<"bytetrack">;

/** What the trackers of the Byte family differ in. */
export interface ByteParts {
  readonly motion: MotionModel;
  /** Whether a track is shown from the frame on that founds it, or once a second match activated it. */
  readonly showsFounded: boolean;
  /** Match the box of a track's last match instead of its prediction. */
  readonly matchesLastBox: boolean;
  /**
   * Pairs that look less alike than `maxDistance` (half a cosine distance), or lie further apart than `maxOverlapCost`
   * (1 - IoU+1), go by their overlap; those that lie apart do not match at all. The others cost what is less, their overlap's or their distance. Absent: looks
   * do not matter.
   */
  readonly appearance?: { readonly maxDistance: number; readonly maxOverlapCost: number };
}

export interface ByteTrackState {
  /** 0 until the track is first shown. */
  readonly trackId: number;
  readonly startFrame: number;
  /** Frame of the last match. */
  readonly lastFrame: number;
  /** Lost for longer than the buffer once. It may be matched in one more frame; its next loss is final. */
  readonly expired: boolean;
  /** Of the motion model. */
  readonly filter: readonly number[];
  /** Looks, averaged over the matches of high score; of length 1. Absent where there are none. */
  readonly feature?: SavedFeature;
}

/** The order of both lists matters: it decides between matchings of equal cost, and on new ids. */
export interface ByteState {
  readonly tracked: readonly ByteTrackState[];
  readonly lost: readonly ByteTrackState[];
}

interface Track {
  trackId: number;
  readonly startFrame: number;
  lastFrame: number;
  expired: boolean;
  readonly filter: Float64Array;
  feature?: Feature;
}

/** Limits of the second matching and of that of tracks not activated yet. */
const lowLimit = 0.5;
const unactivatedLimit = 0.7;
/** Share of a track's former looks in its looks after a match. */
const featureMomentum = 0.9;

/**
 * The association of ByteTrack: Zhang et al., "ByteTrack: multi-object tracking by associating every
 * detection box", ECCV 2022, section 3 and algorithm 1, with the rules of its published code. High-scored detections are
 * matched first, those of low score only continue tracks that were seen in the frame before. Shows a track only in
 * frames where it has a detection.
 */
export class ByteAssociation implements Association<ByteState> {
  readonly #options: ByteOptions;
  readonly #parts: ByteParts;
  readonly #memory = new PairList();
  #tracked: Track[];
  #lost: Track[];

  constructor(
    options: ByteOptions,
    parts: ByteParts,
    state: ByteState = { tracked: [], lost: [] },
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#tracked = state.tracked.map(loadTrack);
    this.#lost = state.lost.map(loadTrack);
  }

  step(
    { frame, elapsed }: FrameTime,
    observations: readonly Observation[],
    nextTrackId: TakeTrackId,
    cameraMotion?: CameraMotion,
  ): TrackedBox[] {
    const { trackThreshold, lowThreshold, foundThreshold, matchThreshold, trackBuffer } =
      this.#options;
    const { motion } = this.#parts;
    const high = observations.filter(({ score }) => score > trackThreshold);
    const low = observations.filter(({ score }) => score > lowThreshold && score < trackThreshold);
    const wasTracked = (track: Track) => track.lastFrame === frame - elapsed;

    // Tracks not activated yet are not predicted, and wait for what the others leave.
    const unactivated = this.#tracked.filter((track) => !isActivated(track));
    const pool = this.#tracked.filter(isActivated).concat(this.#lost);
    const predicted = pool.filter((track) => this.#predict(track, frame, elapsed));
    if (cameraMotion !== undefined) {
      for (const { filter } of [...predicted, ...unactivated]) motion.warp?.(filter, cameraMotion);
    }
    const first = this.#matchHigh(predicted, high, matchThreshold);
    const second = this.#matchLow(first.tracks.filter(wasTracked), low);
    const third = this.#matchHigh(unactivated, first.observations, unactivatedLimit);

    const returned = first.pairs.map(([track]) => track).filter((track) => !wasTracked(track));
    const stillLost = first.tracks.filter((track) => !wasTracked(track));
    const observed = new Map([...first.pairs, ...second.pairs, ...third.pairs]);
    for (const [track, { box }] of observed) {
      this.#catchUp(track, frame);
      motion.correct(track.filter, box);
      track.lastFrame = frame;
    }
    for (const [track, { feature }] of [...first.pairs, ...third.pairs]) {
      this.#learnLooks(track, feature);
    }
    const founded: Track[] = [];
    for (const observation of third.observations) {
      if (!(observation.score >= foundThreshold)) continue;
      const track = foundTrack(motion.start(observation.box), frame);
      this.#learnLooks(track, observation.feature);
      founded.push(track);
      observed.set(track, observation);
    }

    const tracked = [
      ...this.#tracked.filter((track) => observed.has(track)),
      ...founded,
      ...returned,
    ];
    // Only what had expired before this frame goes, so an expired track can still return once.
    const lost = [...stillLost, ...second.tracks].filter(({ expired }) => !expired);
    for (const track of stillLost) {
      if (frame - track.lastFrame > trackBuffer) track.expired = true;
    }
    const twins = duplicates(this.#memory, tracked, lost, motion);
    this.#tracked = tracked.filter((track) => !twins.has(track));
    this.#lost = lost.filter((track) => !twins.has(track));
    return this.#show(observed, nextTrackId);
  }

  lives(): TrackLife[] {
    return [
      ...this.#tracked.map((track): TrackLife => {
        return { trackId: track.trackId, state: isActivated(track) ? "confirmed" : "tentative" };
      }),
      ...this.#lost.map(({ trackId }): TrackLife => ({ trackId, state: "lost" })),
    ];
  }

  save(): ByteState {
    return { tracked: this.#tracked.map(saveTrack), lost: this.#lost.map(saveTrack) };
  }

  /** Moves a track to this frame; false if its box has vanished, which ends the track. */
  #predict(track: Track, frame: number, elapsed: number): boolean {
    const { motion, matchesLastBox } = this.#parts;
    if (matchesLastBox) return true;
    if (track.lastFrame < frame - elapsed) motion.holdSize(track.filter);
    for (let i = 0; i < elapsed; i++) motion.predict(track.filter);
    const [x1, y1, x2, y2] = motion.box(track.filter);
    return x2 > x1 && y2 > y1;
  }

  /** Makes up for the predictions that matching last boxes left out. */
  #catchUp(track: Track, frame: number): void {
    const { motion, matchesLastBox } = this.#parts;
    if (!matchesLastBox || !isActivated(track)) return;
    for (let at = track.lastFrame + 1; at <= frame; at++) {
      if (at > track.lastFrame + 1) motion.holdSize(track.filter);
      motion.predict(track.filter);
    }
  }

  #matchHigh(
    tracks: readonly Track[],
    observations: readonly Observation[],
    limit: number,
  ): Matching<Track> {
    const { motion, appearance } = this.#parts;
    const { fuseScores } = this.#options;
    const costOf: PairCost<Track> = (track, observation, overlapCost) => {
      const cost = fuseScores ? 1 - (1 - overlapCost) * observation.score : overlapCost;
      if (appearance === undefined || overlapCost > appearance.maxOverlapCost) return cost;
      return Math.min(cost, looksCost(track, observation, appearance.maxDistance));
    };
    return matchPairs(this.#memory, tracks, observations, motion, limit, costOf);
  }

  #matchLow(tracks: readonly Track[], observations: readonly Observation[]): Matching<Track> {
    const costOf: PairCost<Track> = (_track, _observation, overlapCost) => overlapCost;
    return matchPairs(this.#memory, tracks, observations, this.#parts.motion, lowLimit, costOf);
  }

  #learnLooks(track: Track, feature: Feature | undefined): void {
    if (this.#parts.appearance === undefined || feature === undefined) return;
    const { feature: former } = track;
    track.feature =
      former === undefined
        ? feature
        : (unitFeature(
            former.map((value, i) => featureMomentum * value + (1 - featureMomentum) * feature[i]!),
          ) ?? feature);
  }

  /** All tracks seen in this frame; of those founded in it, only what the parts or the first frame allow. */
  #show(observed: ReadonlyMap<Track, Observation>, nextTrackId: TakeTrackId): TrackedBox[] {
    const { motion, showsFounded } = this.#parts;
    const shown: TrackedBox[] = [];
    for (const track of this.#tracked) {
      if (!showsFounded && !isActivated(track)) continue;
      const observation = observed.get(track)!;
      if (track.trackId === 0) track.trackId = nextTrackId(observation);
      const { detection, classId, score } = observation;
      const box = motion.box(track.filter);
      shown.push({ trackId: track.trackId, box, detection, classId, score });
    }
    return shown;
  }
}

function foundTrack(filter: Float64Array, frame: number): Track {
  return { trackId: 0, startFrame: frame, lastFrame: frame, expired: false, filter };
}

/** Whether a track was matched after it was founded, or founded in the first frame. */
function isActivated({ startFrame, lastFrame }: Track): boolean {
  return lastFrame > startFrame || startFrame === 1;
}

/** Half the cosine distance; 1 where it is too large, or there is nothing to compare. */
function looksCost(track: Track, { feature }: Observation, maxDistance: number): number {
  if (track.feature === undefined || feature === undefined) return 1;
  const distance = Math.max(0, cosineDistance(track.feature, feature)) / 2;
  return distance > maxDistance ? 1 : distance;
}

function loadTrack({ feature, ...state }: ByteTrackState): Track {
  return {
    ...state,
    filter: Float64Array.from(state.filter),
    ...(feature === undefined ? {} : { feature: unpackFeature(feature) }),
  };
}

function saveTrack({ feature, ...track }: Track): ByteTrackState {
  return {
    ...track,
    filter: Array.from(track.filter),
    ...(feature === undefined ? {} : { feature: packFeature(feature) }),
  };
}
