import { solveThenReject } from "../assignment/assignment.ts";
import type {
  Association,
  FrameTime,
  Observation,
  TakeTrackId,
  TrackedBox,
} from "../association.ts";
import { extendGallery, galleryDistance } from "./gallery.ts";
import type { Gallery } from "./gallery.ts";
import { iouMatrix } from "../assignment/iou-matrix.ts";
import { xyahDistance, xyahMotion } from "../motion/kalman-xyah.ts";
import { packGallery, unpackGallery } from "../appearance/packed-features.ts";
import type { SavedGallery } from "../appearance/packed-features.ts";
import type { TrackLife } from "../track-life.ts";
import type { OwnOptions } from "../tracker-options.ts";

export type DeepSortOptions = OwnOptions<"deepsort">;

export interface DeepSortTrackState {
  /** 0 until the track is first shown, which is when it is confirmed. */
  readonly trackId: number;
  /** Matches, birth counted. */
  readonly hits: number;
  /** Frames since the last match. */
  readonly misses: number;
  /** Of the last match. */
  readonly classId: number;
  readonly score: number;
  /** As in kalman-xyah.ts. */
  readonly filter: readonly number[];
  /** Looks, oldest first; of length 1. */
  readonly gallery: SavedGallery;
}

/** Tracks in order of birth. */
export interface DeepSortState {
  readonly tracks: readonly DeepSortTrackState[];
}

interface Track {
  trackId: number;
  hits: number;
  misses: number;
  classId: number;
  score: number;
  readonly filter: Float64Array;
  gallery: Gallery;
}

/** Tracks by index, and observations by index, that found no partner yet. */
interface Left {
  readonly tracks: readonly number[];
  readonly observations: readonly number[];
}

/** 0.95 quantile of the chi-square distribution with 4 degrees of freedom. */
const maxSquaredDistance = 9.4877;
/** What is worth nothing costs this much more than the limit, however bad it is. */
const beyondLimit = 1e-5;

/**
 * DeepSORT: Wojke et al., "Simple online and realtime tracking with a deep association metric" (2017), sections 2.1 to
 * 2.3, with the rules of its published code. Confirmed tracks are matched by looks, those seen last first, where the
 * motion allows it; what is left, and seen in the frame before, by overlap. Shows a confirmed track, also in the first
 * frame in which it is missed: at its prediction.
 */
export class DeepSort implements Association<DeepSortState> {
  readonly #options: DeepSortOptions;
  #tracks: Track[];

  constructor(options: DeepSortOptions, state: DeepSortState = { tracks: [] }) {
    this.#options = options;
    this.#tracks = state.tracks.map((track) => ({
      ...track,
      filter: Float64Array.from(track.filter),
      gallery: unpackGallery(track.gallery),
    }));
  }

  step(
    { elapsed }: FrameTime,
    observations: readonly Observation[],
    nextTrackId: TakeTrackId,
  ): TrackedBox[] {
    const { maxAge, minHits } = this.#options;
    const tracks = this.#tracks;
    for (const track of tracks) {
      for (let i = 0; i < elapsed; i++) xyahMotion.predict(track.filter);
      track.misses += elapsed;
    }
    const trackOf = this.#match(tracks, observations, elapsed);

    const observed = new Map<Track, Observation>();
    for (const [index, observation] of observations.entries()) {
      const track = tracks[trackOf[index]!];
      if (track === undefined) continue;
      this.#update(track, observation);
      observed.set(track, observation);
    }
    const kept = tracks.filter(
      (track) => track.misses === 0 || (track.trackId > 0 && track.misses <= maxAge),
    );
    const founded = observations
      .filter((_, index) => trackOf[index]! < 0)
      .map((observation) => {
        const track = this.#found(observation);
        observed.set(track, observation);
        return track;
      });
    this.#tracks = [...kept, ...founded];
    return show(
      this.#tracks.filter(({ misses }) => misses <= elapsed),
      observed,
      minHits,
      nextTrackId,
    );
  }

  lives(): TrackLife[] {
    return this.#tracks.map(({ trackId, misses }) => {
      if (trackId === 0) return { trackId, state: "tentative" };
      return { trackId, state: misses === 0 ? "confirmed" : "lost" };
    });
  }

  save(): DeepSortState {
    return {
      tracks: this.#tracks.map((track) => ({
        ...track,
        filter: Array.from(track.filter),
        gallery: packGallery(track.gallery),
      })),
    };
  }

  /** The index of the matched track per observation, or -1. */
  #match(
    tracks: readonly Track[],
    observations: readonly Observation[],
    elapsed: number,
  ): Int32Array {
    const { maxAge, maxCosineDistance, maxOverlapCost } = this.#options;
    const trackOf = new Int32Array(observations.length).fill(-1);
    let left: Left = { tracks: [...tracks.keys()], observations: [...observations.keys()] };
    const matchSome = (
      chosen: (track: Track) => boolean,
      costsOf: (tracks: Track[], observations: Observation[]) => Float64Array,
      limit: number,
    ): void => {
      const rows = left.tracks.filter((index) => chosen(tracks[index]!));
      if (rows.length === 0 || left.observations.length === 0) return;
      const costs = costsOf(
        rows.map((index) => tracks[index]!),
        left.observations.map((index) => observations[index]!),
      );
      const columns = left.observations;
      for (const [at, cost] of costs.entries()) if (cost > limit) costs[at] = limit + beyondLimit;
      for (const [row, column] of solveThenReject(
        costs,
        rows.length,
        columns.length,
        limit,
      ).entries()) {
        if (column >= 0) trackOf[columns[column]!] = rows[row]!;
      }
      const taken = new Set(trackOf);
      left = {
        tracks: left.tracks.filter((index) => !taken.has(index)),
        observations: columns.filter((index) => trackOf[index]! < 0),
      };
    };
    for (let misses = 1; misses <= maxAge; misses++) {
      const chosen = (track: Track): boolean => track.trackId > 0 && track.misses === misses;
      matchSome(chosen, looksCosts, maxCosineDistance);
    }
    matchSome(({ misses }) => misses === elapsed, overlapCosts, maxOverlapCost);
    return trackOf;
  }

  #found({ box, classId, score, feature }: Observation): Track {
    return {
      ...{ trackId: 0, hits: 1, misses: 0, classId, score },
      filter: xyahMotion.start(box),
      gallery: extendGallery([], feature, this.#options.gallerySize),
    };
  }

  #update(track: Track, { box, classId, score, feature }: Observation): void {
    xyahMotion.correct(track.filter, box);
    track.gallery = extendGallery(track.gallery, feature, this.#options.gallerySize);
    track.hits++;
    track.misses = 0;
    track.classId = classId;
    track.score = score;
  }
}

/** Cosine distance, infinite where the motion makes a pair unlikely. */
function looksCosts(tracks: readonly Track[], observations: readonly Observation[]): Float64Array {
  const costs = new Float64Array(tracks.length * observations.length).fill(
    Number.POSITIVE_INFINITY,
  );
  let at = 0;
  for (const { filter, gallery } of tracks) {
    for (const { box, feature } of observations) {
      if (xyahDistance(filter, box) <= maxSquaredDistance)
        costs[at] = galleryDistance(gallery, feature);
      at++;
    }
  }
  return costs;
}

function overlapCosts(
  tracks: readonly Track[],
  observations: readonly Observation[],
): Float64Array {
  return iouMatrix(
    tracks.map(({ filter }) => xyahMotion.box(filter)),
    observations.map(({ box }) => box),
  ).map((overlap) => 1 - overlap);
}

/** Of tracks up to their first miss, those that are confirmed. */
function show(
  tracks: readonly Track[],
  observed: ReadonlyMap<Track, Observation>,
  minHits: number,
  nextTrackId: TakeTrackId,
): TrackedBox[] {
  const shown: TrackedBox[] = [];
  for (const track of tracks) {
    if (track.trackId === 0 && track.hits < minHits) continue;
    const observation = observed.get(track);
    if (track.trackId === 0) track.trackId = nextTrackId(observation!);
    const { trackId, classId, score } = track;
    const detection = observation?.detection ?? -1;
    shown.push({ trackId, box: xyahMotion.box(track.filter), detection, classId, score });
  }
  return shown;
}
