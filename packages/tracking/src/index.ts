export type { Point } from "./analytics/geometry.ts";
export { createHeatMap, heat } from "./analytics/heat-map.ts";
export type { HeatMap } from "./analytics/heat-map.ts";
export { planeMap } from "./analytics/homography.ts";
export type { PlaneMap } from "./analytics/homography.ts";
export { anchorOf, SceneAnalytics } from "./analytics/scene-analytics.ts";
export type {
  AnalyticsSettings,
  SceneEvent,
  SceneInterval,
  SeenFrame,
} from "./analytics/scene-analytics.ts";
export { sorted } from "./analytics/tally.ts";
export { TrackWatch } from "./analytics/track-watch.ts";
export type { TrackHappening } from "./analytics/track-watch.ts";
export { CameraFollower } from "./camera/camera-follower.ts";
export type { CameraMotion } from "./camera-motion.ts";
export { parseCmcText } from "./cmc-text.ts";
export { solveAssignment, solveThenReject } from "./assignment.ts";
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
export type { ClearCounts, ClearScores } from "./evaluation/clear.ts";
export { countTracking, countTrackingByClass, trackingScores } from "./evaluation/evaluate.ts";
export type { TrackingCounts, TrackingScores } from "./evaluation/evaluate.ts";
export type { HotaScores } from "./evaluation/hota.ts";
export type { IdentityCounts, IdentityScores } from "./evaluation/identity.ts";
export { countedRows, describeSetAside, motTruth, TruthError } from "./evaluation/mot-truth.ts";
export type {
  ClassedTruth,
  MotBenchmark,
  MotTruth,
  MotTruthOptions,
} from "./evaluation/mot-truth.ts";
export type { IdentifiedBox, TruthBox, TruthUse } from "./evaluation/sequence.ts";
