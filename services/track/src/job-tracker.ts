import { followsCamera, type TrackerOptions } from "@framequeue/contracts";
import {
  CameraFollower,
  createTracker,
  restoreTracker,
  type Tracker,
  type TrackerCheckpoint,
} from "@framequeue/tracking";
import type { Size } from "@framequeue/vision";

/** What track knows between two frames of a job: a tracker's checkpoint, and what the camera is followed by. */
export type JobCheckpoint = TrackerCheckpoint & {
  /** Of the last frame that had any, as `encodeLandmarks` writes them. */
  readonly landmarks?: string;
};

/** The tracker of a job, and beside it what tells how the camera moves, where the job asks for that. */
export interface JobTracker extends Pick<Tracker, "update" | "lives"> {
  readonly camera: CameraFollower | undefined;
  save(): JobCheckpoint;
}

/**
 * @param size of the source's picture
 * @param checkpoint to go on from; a fresh tracker without
 * @throws TrackerCheckpointError if the checkpoint does not fit
 */
export function createJobTracker(
  options: TrackerOptions,
  size: Size,
  checkpoint?: JobCheckpoint,
): JobTracker {
  const tracker =
    checkpoint === undefined ? createTracker(options) : restoreTracker(options, checkpoint);
  const camera = followsCamera(options)
    ? new CameraFollower(size, checkpoint?.landmarks)
    : undefined;
  return {
    camera,
    update: (input) => tracker.update(input),
    lives: () => tracker.lives(),
    save: () => ({ ...tracker.save(), ...(camera && { landmarks: camera.save() }) }),
  };
}
