import type { Association, Observation, TrackedBox } from "./association.ts";
import { duplicates, matchBoxes } from "./byte-matching.ts";
import {
  correctXyahFilter,
  holdHeight,
  predictXyahFilter,
  startXyahFilter,
  xyahFilterBox,
} from "./kalman-xyah.ts";

export interface ByteTrackOptions {
  /** Detections scored strictly above this are matched first. One of exactly this is not used. */
  readonly trackThreshold: number;
  /** Detections strictly between this and `trackThreshold` may only continue a track. */
  readonly lowThreshold: number;
  /** Least score of a detection that founds a track. */
  readonly foundThreshold: number;
  /** The first matching takes pairs that cost less than this; the cost is 1 - overlap. */
  readonly matchThreshold: number;
  /** Frames after its last match for which a lost track may return. */
  readonly trackBuffer: number;
  /** Whether overlaps with high-scored detections are multiplied by the score. */
  readonly fuseScores: boolean;
  /**
   * Match the box of a track's last match instead of its prediction, as the authors' C++ port does.
   * Default: false.
   */
  readonly matchLastBox?: boolean;
}

export interface ByteTrackTrackState {
  /** 0 until the track is first shown, which is when its second match activates it. */
  readonly trackId: number;
  readonly startFrame: number;
  /** Frame of the last match. */
  readonly lastFrame: number;
  /** Lost for longer than the buffer once. It may be matched in one more frame; its next loss is final. */
  readonly expired: boolean;
  /** As in kalman-xyah.ts. */
  readonly filter: readonly number[];
}

/** The order of both lists matters: it decides between matchings of equal cost, and on new ids. */
export interface ByteTrackState {
  readonly tracked: readonly ByteTrackTrackState[];
  readonly lost: readonly ByteTrackTrackState[];
}

interface Track {
  trackId: number;
  readonly startFrame: number;
  lastFrame: number;
  expired: boolean;
  readonly filter: Float64Array;
}

/** Limits of the second matching and of that of tracks not activated yet. */
const lowLimit = 0.5;
const unactivatedLimit = 0.7;

/**
 * ByteTrack: Zhang et al., "ByteTrack: multi-object tracking by associating every detection box",
 * ECCV 2022, section 3 and algorithm 1, with the rules of its published code. Shows a track only in
 * frames where it has a detection.
 */
export class ByteTrack implements Association<ByteTrackState> {
  readonly #options: ByteTrackOptions;
  #tracked: Track[];
  #lost: Track[];

  constructor(options: ByteTrackOptions, state: ByteTrackState = { tracked: [], lost: [] }) {
    this.#options = options;
    this.#tracked = state.tracked.map(loadTrack);
    this.#lost = state.lost.map(loadTrack);
  }

  step(
    frame: number,
    observations: readonly Observation[],
    nextTrackId: () => number,
  ): TrackedBox[] {
    const { trackThreshold, lowThreshold, foundThreshold, matchThreshold } = this.#options;
    const { trackBuffer, fuseScores } = this.#options;
    const high = observations.filter(({ score }) => score > trackThreshold);
    const low = observations.filter(({ score }) => score > lowThreshold && score < trackThreshold);
    const wasTracked = (track: Track) => track.lastFrame === frame - 1;

    // Tracks not activated yet are not predicted, and wait for what the others leave.
    const pool = this.#tracked.filter(({ trackId }) => trackId > 0).concat(this.#lost);
    const predicted = pool.filter((track) => this.#predict(track, frame));
    const first = matchBoxes(predicted, high, matchThreshold, fuseScores);
    const second = matchBoxes(first.tracks.filter(wasTracked), low, lowLimit, false);
    const unactivated = this.#tracked.filter(({ trackId }) => trackId === 0);
    const third = matchBoxes(unactivated, first.observations, unactivatedLimit, fuseScores);

    const returned = first.pairs.map(([track]) => track).filter((track) => !wasTracked(track));
    const stillLost = first.tracks.filter((track) => !wasTracked(track));
    const observed = new Map([...first.pairs, ...second.pairs, ...third.pairs]);
    for (const [track, { box }] of observed) {
      this.#catchUp(track, frame);
      correctXyahFilter(track.filter, box);
      track.lastFrame = frame;
    }
    const founded: Track[] = [];
    for (const observation of third.observations) {
      if (!(observation.score >= foundThreshold)) continue;
      const track = foundTrack(observation, frame);
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
    const twins = duplicates(tracked, lost);
    this.#tracked = tracked.filter((track) => !twins.has(track));
    this.#lost = lost.filter((track) => !twins.has(track));
    return show(this.#tracked, observed, frame, nextTrackId);
  }

  save(): ByteTrackState {
    return { tracked: this.#tracked.map(saveTrack), lost: this.#lost.map(saveTrack) };
  }

  /** Moves a track to this frame; false if its box has vanished, which ends the track. */
  #predict(track: Track, frame: number): boolean {
    if (this.#options.matchLastBox === true) return true;
    if (track.lastFrame < frame - 1) holdHeight(track.filter);
    predictXyahFilter(track.filter);
    const [x1, y1, x2, y2] = xyahFilterBox(track.filter);
    return x2 > x1 && y2 > y1;
  }

  /** Makes up for the predictions that matching last boxes left out. */
  #catchUp(track: Track, frame: number): void {
    if (this.#options.matchLastBox !== true || track.trackId === 0) return;
    for (let at = track.lastFrame + 1; at <= frame; at++) {
      if (at > track.lastFrame + 1) holdHeight(track.filter);
      predictXyahFilter(track.filter);
    }
  }
}

function foundTrack({ box }: Observation, frame: number): Track {
  const filter = startXyahFilter(box);
  return { trackId: 0, startFrame: frame, lastFrame: frame, expired: false, filter };
}

/** All tracks seen in this frame, but those founded in it, unless it is the first. */
function show(
  tracks: readonly Track[],
  observed: ReadonlyMap<Track, Observation>,
  frame: number,
  nextTrackId: () => number,
): TrackedBox[] {
  const shown: TrackedBox[] = [];
  for (const track of tracks) {
    if (track.startFrame === frame && frame > 1) continue;
    if (track.trackId === 0) track.trackId = nextTrackId();
    const { detection, classId, score } = observed.get(track)!;
    const box = xyahFilterBox(track.filter);
    shown.push({ trackId: track.trackId, box, detection, classId, score });
  }
  return shown;
}

function loadTrack(state: ByteTrackTrackState): Track {
  return { ...state, filter: Float64Array.from(state.filter) };
}

function saveTrack(track: Track): ByteTrackTrackState {
  return { ...track, filter: Array.from(track.filter) };
}
