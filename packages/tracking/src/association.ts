import type { BoxXyxy } from "@framequeue/vision";
import type { Feature } from "./appearance/appearance.ts";
import type { CameraMotion } from "./camera/camera-motion.ts";
import type { TrackLife } from "./track-life.ts";

/** A track in one frame. */
export interface TrackedBox {
  /** From 1, without gaps, in the order in which tracks are first shown. */
  readonly trackId: number;
  /** The tracker's estimate in source pixels; may reach outside the frame. */
  readonly box: BoxXyxy;
  /** Index of the matched detection in the tracker's input, or -1 where the box is predicted. */
  readonly detection: number;
  /** Class and score of that detection, or of the track's last one. */
  readonly classId: number;
  readonly score: number;
}

/** A detection that the tracker may use. */
export interface Observation {
  /** Source pixels. */
  readonly box: BoxXyxy;
  readonly score: number;
  readonly classId: number;
  /** Index in the tracker's input. */
  readonly detection: number;
  /** Absent where nothing is known of its looks. */
  readonly feature?: Feature;
}

/** Gives a track its id, by what it was seen as. */
export type TakeTrackId = (observation: Observation) => number;

/** When a frame is, in frames of the video. */
export interface FrameTime {
  /** From 1. */
  readonly frame: number;
  /** Since the frame before: 1 where every frame is looked at, n where every n-th is. */
  readonly elapsed: number;
}

/**
 * One algorithm at work on the detections that may share tracks: all of one class, or all there
 * are. The tracker around it counts frames, filters detections and owns the sequence of track ids.
 */
export interface Association<State> {
  /**
   * Takes the next frame, also when it has no detections.
   *
   * @param observations in the order of the input
   * @param nextTrackId takes an id for a track; to be called when it is first shown, with what it was seen as
   * @param cameraMotion from the frame before to this one; of no use to trackers that do not know of cameras
   * @returns the tracks to show, new ones in order of their ids
   */
  step(
    time: FrameTime,
    observations: readonly Observation[],
    nextTrackId: TakeTrackId,
    cameraMotion?: CameraMotion,
  ): TrackedBox[];

  /** All tracks that are not over, as of the latest step. */
  lives(): TrackLife[];

  /** A copy of the whole state as plain JSON data: finite numbers, strings, arrays, objects. */
  save(): State;
}
