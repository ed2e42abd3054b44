export { CameraFollower } from "./camera/camera-follower.ts";
export type { CameraMotion } from "./camera/camera-motion.ts";
export { parseCmcText } from "./camera/cmc-text.ts";
export { solveAssignment, solveThenReject } from "./assignment/assignment.ts";
export { iouMatrix } from "./assignment/iou-matrix.ts";
export type { TrackedBox } from "./association.ts";
export { formatMotText, MotTextError, parseMotText } from "./mot-text.ts";
export type { MotRow } from "./mot-text.ts";
export { trackEvents } from "./track-life.ts";
export type { TrackEvent, TrackLife, TrackState } from "./track-life.ts";
export { NewerCheckpointError, TrackerCheckpointError } from "./tracker-checkpoint.ts";
export type { TrackerCheckpoint } from "./tracker-checkpoint.ts";
export {
  defaultBotSortOptions,
  defaultByteTrackOptions,
  defaultDeepSortOptions,
  defaultOcSortOptions,
  defaultSortOptions,
  withoutLooks,
} from "./tracker-options.ts";
export type {
  BotSortTrackerOptions,
  ByteTrackTrackerOptions,
  DeepSortTrackerOptions,
  OcSortTrackerOptions,
  SortTrackerOptions,
  TrackerOptions,
} from "./tracker-options.ts";
export { createTracker, restoreTracker } from "./tracker.ts";
export type { Tracker, TrackerInput } from "./tracker.ts";
