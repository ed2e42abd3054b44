import { needsLooks, type TrackerOptions, type WholeTrackerOptions } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { unitFeature } from "./appearance/appearance.ts";
import type { Association, Observation, TakeTrackId, TrackedBox } from "./association.ts";
import { createBotSort } from "./byte/bot-sort.ts";
import type { ByteState } from "./byte/byte-association.ts";
import { createByteTrack } from "./byte/byte-track.ts";
import type { CameraMotion } from "./camera/camera-motion.ts";
import { DeepSort } from "./deep-sort/deep-sort.ts";
import type { DeepSortState } from "./deep-sort/deep-sort.ts";
import { OcSort } from "./oc-sort/oc-sort.ts";
import type { OcSortState } from "./oc-sort/oc-sort.ts";
import { Recall } from "./appearance/recall.ts";
import { Sort } from "./sort/sort.ts";
import type { SortState } from "./sort/sort.ts";
import type { TrackLife } from "./track-life.ts";
import { checkpointVersion, checkTrackerCheckpoint } from "./tracker-checkpoint.ts";
import type { AssociationState, TrackerCheckpoint } from "./tracker-checkpoint.ts";
import { StillTracks } from "./still-tracks.ts";
import { checkedOptions, isScoreEnough } from "./tracker-options.ts";

/** The detections of one frame, best first: arrays of one length. */
export interface TrackerInput {
  /** Source pixels; may reach outside the frame. */
  readonly boxes: readonly BoxXyxy[];
  readonly scores: readonly number[];
  /** Whole numbers. */
  readonly classIds: readonly number[];
  /**
   * What each detection looks like: vectors of one length, from one model, whatever their scale. For DeepSORT, and
   * BoT-SORT with `appearance`; one without a length, or not finite, is as if its detection had none, which then matches
   * by place alone. Absent: none has.
   */
  readonly features?: readonly ArrayLike<number>[];
  /**
   * Frames of the video since the frame before: n where only every n-th is looked at. Motion, ages and buffers count these.
   * Default 1; of no meaning in the first frame.
   */
  readonly elapsedFrames?: number;
  /** From the frame before to this one; for BoT-SORT. Absent: the camera stood still. */
  readonly cameraMotion?: CameraMotion;
}

export interface Tracker {
  /**
   * Takes the detections of the next frame. To be called once per frame in order, also for frames
   * without detections, be they empty or missing.
   *
   * Detections that cannot be tracked are passed over: a score that is not finite, or
   * not above `minScore` (SORT, OC-SORT; DeepSORT: below it) or `lowThreshold` (ByteTrack, BoT-SORT), a coordinate that is not finite or beyond ±1e7 px, a side shorter than 0.001 px or negative. Boxes
   * outside the frame are tracked as they are.
   *
   * @returns the tracks of this frame by ascending track id; no id and no detection occurs twice
   * @throws RangeError if the arrays differ in length, a class id is not a whole number, features differ in length
   *   or a camera motion is not finite; the tracker is then as before the call
   */
  update(input: TrackerInput): TrackedBox[];

  /** All tracks that are not over, by track id; those never shown have 0. With `trackEvents`, what an update changed. */
  lives(): TrackLife[];

  /** The state after the latest update; later updates do not change it. */
  save(): TrackerCheckpoint;
}

/**
 * A tracker at the start of a job.
 *
 * @throws RangeError if an option is out of range
 */
export function createTracker(options: TrackerOptions): Tracker {
  return new GroupTracker(checkedOptions(options), { frame: 0, nextTrackId: 1 }, []);
}

/**
 * A tracker that goes on where the one that saved the checkpoint stood. The options must be the
 * same as that one's.
 *
 * @throws RangeError if an option is out of range
 * @throws TrackerCheckpointError if the checkpoint does not fit
 */
export function restoreTracker(given: TrackerOptions, checkpoint: TrackerCheckpoint): Tracker {
  const options = checkedOptions(given);
  checkTrackerCheckpoint(checkpoint, options);
  const groups = checkpoint.groups.map(({ classId, state }) => ({
    classId,
    association: createAssociation(options, state),
  }));
  return new GroupTracker(options, checkpoint, groups);
}

/** Far from where squares or quotients of coordinates would overflow and poison a checkpoint. */
const maxCoordinatePx = 1e7;
const minSidePx = 1e-3;

interface Group {
  readonly classId: number | null;
  readonly association: Association<AssociationState>;
}

/** Without a state, as at the start of a job. A state must be of the same algorithm. */
function createAssociation(
  options: WholeTrackerOptions,
  state?: AssociationState,
): Association<AssociationState> {
  switch (options.algorithm) {
    case "sort":
      return new Sort(options, state as SortState | undefined);
    case "bytetrack":
      return createByteTrack(options, state as ByteState | undefined);
    case "botsort":
      return createBotSort(options, state as ByteState | undefined);
    case "deepsort":
      return new DeepSort(options, state as DeepSortState | undefined);
    case "ocsort":
      return new OcSort(options, state as OcSortState | undefined);
  }
}

/** One association per class, or one for all, over a shared sequence of track ids. */
class GroupTracker implements Tracker {
  readonly #options: WholeTrackerOptions;
  #frame: number;
  #nextTrackId: number;
  #groups: Group[];
  readonly #still: StillTracks | undefined;
  readonly #recall: Recall | undefined;

  constructor(
    options: WholeTrackerOptions,
    {
      frame,
      nextTrackId,
      still = [],
      remembered = [],
    }: Pick<TrackerCheckpoint, "frame" | "nextTrackId" | "still" | "remembered">,
    groups: Group[],
  ) {
    this.#options = options;
    this.#frame = frame;
    this.#nextTrackId = nextTrackId;
    this.#groups = groups;
    const { hideStillFrames, recall } = options;
    if (hideStillFrames !== undefined) this.#still = new StillTracks(hideStillFrames, still);
    if (recall !== undefined) this.#recall = new Recall(recall, remembered);
  }

  update(input: TrackerInput): TrackedBox[] {
    checkInput(input);
    const observations = this.#observe(input);
    const elapsed = this.#frame === 0 ? 1 : (input.elapsedFrames ?? 1);
    this.#frame += elapsed;
    for (const classId of observations.keys()) this.#openGroup(classId);
    const takeTrackId = this.#trackIds();
    const tracks = this.#groups
      .flatMap(({ classId, association }) =>
        association.step(
          { frame: this.#frame, elapsed },
          observations.get(classId) ?? [],
          takeTrackId,
          input.cameraMotion,
        ),
      )
      .sort((a, b) => a.trackId - b.trackId);
    this.#remember(tracks, observations);
    return this.#hideStill(tracks);
  }

  /** New ids, or those of tracks that ended and look alike. */
  #trackIds(): TakeTrackId {
    const recall = this.#recall;
    if (recall === undefined) return () => this.#nextTrackId++;
    const taken = this.#livingIds();
    return (observation) => {
      const trackId = recall.find(observation, this.#frame, taken) ?? this.#nextTrackId++;
      taken.add(trackId);
      return trackId;
    };
  }

  #remember(
    tracks: readonly TrackedBox[],
    observations: ReadonlyMap<number | null, readonly Observation[]>,
  ): void {
    if (this.#recall === undefined) return;
    const byDetection = new Map(
      [...observations.values()].flat().map((observation) => [observation.detection, observation]),
    );
    for (const { trackId, detection } of tracks) {
      const observation = byDetection.get(detection);
      if (observation !== undefined) this.#recall.see(trackId, observation, this.#frame);
    }
    this.#recall.forget(this.#frame);
  }

  #hideStill(tracks: TrackedBox[]): TrackedBox[] {
    if (this.#still === undefined) return tracks;
    const shown = this.#still.hide(tracks, this.#frame);
    this.#still.keep(this.#livingIds());
    return shown;
  }

  #livingIds(): Set<number> {
    return new Set(this.lives().map(({ trackId }) => trackId));
  }

  lives(): TrackLife[] {
    return this.#groups
      .flatMap(({ association }) => association.lives())
      .sort((a, b) => a.trackId - b.trackId);
  }

  save(): TrackerCheckpoint {
    const { algorithm, perClass } = this.#options;
    return {
      version: checkpointVersion(this.#options),
      algorithm,
      perClass,
      frame: this.#frame,
      nextTrackId: this.#nextTrackId,
      ...(this.#still === undefined ? {} : { still: this.#still.save() }),
      ...(this.#recall === undefined ? {} : { remembered: this.#recall.save() }),
      groups: this.#groups.map(({ classId, association }) => ({
        classId,
        state: association.save(),
      })),
    };
  }

  /** The detections to track, by the class of their group. */
  #observe({ boxes, scores, classIds, features }: TrackerInput): Map<number | null, Observation[]> {
    const withLooks = features !== undefined && needsLooks(this.#options);
    const observations = new Map<number | null, Observation[]>();
    for (const [detection, box] of boxes.entries()) {
      const score = scores[detection]!;
      const classId = classIds[detection]!;
      if (!isScoreEnough(score, this.#options) || !isTrackable(box)) continue;
      const feature = withLooks ? unitFeature(features[detection]!) : undefined;
      const group = this.#options.perClass ? classId : null;
      const list = observations.get(group);
      const observation = {
        ...{ box, score, classId, detection },
        ...(feature === undefined ? {} : { feature }),
      };
      if (list === undefined) observations.set(group, [observation]);
      else list.push(observation);
    }
    for (const list of observations.values()) list.sort(byScoreAndPlace);
    return observations;
  }

  /**
   * Groups stay in order of class, so that track ids do not depend on the order of detections. One
   * opened late is no different from one that has been empty since the first frame.
   */
  #openGroup(classId: number | null): void {
    if (this.#groups.some((group) => group.classId === classId)) return;
    this.#groups.push({ classId, association: createAssociation(this.#options) });
    this.#groups.sort((a, b) => (a.classId ?? 0) - (b.classId ?? 0));
  }
}

/**
 * The order in which detections found tracks. It does not depend on that of the input, so that neither do the tracks;
 * only detections that are equal in all keep their order.
 */
function byScoreAndPlace(a: Observation, b: Observation): number {
  return (
    b.score - a.score ||
    a.box[0] - b.box[0] ||
    a.box[1] - b.box[1] ||
    a.box[2] - b.box[2] ||
    a.box[3] - b.box[3] ||
    a.classId - b.classId
  );
}

function checkInput({
  boxes,
  scores,
  classIds,
  features,
  cameraMotion,
  elapsedFrames = 1,
}: TrackerInput): void {
  if (scores.length !== boxes.length || classIds.length !== boxes.length) {
    throw new RangeError(
      `${boxes.length} boxes, ${scores.length} scores and ${classIds.length} classes do not fit`,
    );
  }
  if (features !== undefined) {
    const isWhole =
      features.length === boxes.length &&
      features.every(({ length }) => length === features[0]!.length);
    if (!isWhole) throw new RangeError(`${boxes.length} features of one length expected`);
  }
  if (!(Number.isSafeInteger(elapsedFrames) && elapsedFrames >= 1)) {
    throw new RangeError(`${elapsedFrames} frames cannot have passed`);
  }
  if (cameraMotion !== undefined && !cameraMotion.every(Number.isFinite)) {
    throw new RangeError(`camera motion ${cameraMotion.join(", ")} is not finite`);
  }
  const bad = classIds.find((classId) => !Number.isSafeInteger(classId));
  if (bad !== undefined) throw new RangeError(`class id ${bad} is not a whole number`);
}

function isTrackable([x1, y1, x2, y2]: BoxXyxy): boolean {
  return (
    Math.abs(x1) <= maxCoordinatePx &&
    Math.abs(y1) <= maxCoordinatePx &&
    Math.abs(x2) <= maxCoordinatePx &&
    Math.abs(y2) <= maxCoordinatePx &&
    x2 - x1 >= minSidePx &&
    y2 - y1 >= minSidePx
  );
}
