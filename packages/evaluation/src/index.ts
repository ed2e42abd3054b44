export type { ClearCounts, ClearScores } from "./clear.ts";
export { countTracking, countTrackingByClass, trackingScores } from "./evaluate.ts";
export type { TrackingCounts, TrackingScores } from "./evaluate.ts";
export type { HotaScores } from "./hota.ts";
export type { IdentityCounts, IdentityScores } from "./identity.ts";
export { countedRows, describeSetAside, motTruth, TruthError } from "./mot-truth.ts";
export type { ClassedTruth, MotBenchmark, MotTruth, MotTruthOptions } from "./mot-truth.ts";
export type { IdentifiedBox, TruthBox, TruthUse } from "./sequence.ts";
