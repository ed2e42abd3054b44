export { type Adopted, adoptKept, adoptSoFar, readAdopted } from "./plan/adoption.ts";
export * from "./registry/infer-roster.ts";
export { createDerivationRunner, type DerivationEvents } from "./derivations/derivation-runner.ts";
export type { Derivations, DerivedFile } from "./derivations/derivations.ts";
export { clearEpoch } from "./protocol/clear-epoch.ts";
export * from "./protocol/intermediates.ts";
export { NotWanted } from "./queues/job-watch.ts";
export * from "./jobs/jobs.ts";
export { runOf } from "./jobs/job-view.ts";
export { videoFrames } from "./jobs/video-frames.ts";
export { FrameNumbers } from "./protocol/frame-numbers.ts";
export { objectKeys } from "./ledger/keys.ts";
export { openLocalPipeline, type LocalStoresOptions } from "./site/local-stores.ts";
export { jobShare } from "./jobs/job-share.ts";
export * from "./ledger/ledger.ts";
export { modelDamaged, modelProblem, putManifest, readManifest } from "./jobs/manifest-record.ts";
export * from "./registry/model-aliases.ts";
export { changeAlias, keepAliased, rollBack, type SwitchOptions } from "./registry/model-switch.ts";
export {
  checkStanding,
  keepQuarantined,
  liftQuarantine,
  modelBroke,
  modelQuarantined,
  readQuarantine,
  type Strike,
  strikeModel,
  suspectWork,
  trustWork,
  type Verdict,
} from "./registry/model-quarantine.ts";
export { registeredModels } from "./registry/registered-models.ts";
export { jobsUsing, modelsInUse } from "./registry/models-in-use.ts";
export { addMetrics, putLineage, readLineage, readMetrics } from "./registry/model-records.ts";
export { registerModel, unregisterModel } from "./registry/model-register.ts";
export { readTuning, storeModel, storeTuning } from "./registry/model-store.ts";
export type { StoreCall, StoreEvents } from "./site/observed-stores.ts";
export * from "./protocol/parts.ts";
export * from "./protocol/payloads.ts";
export * from "./pipeline.ts";
export * from "./plan/plan.ts";
export { blameOf, isGivenUp } from "./protocol/blame.ts";
export { type HeldRange, inferRanges, replacePixels } from "./protocol/batch.ts";
export { type CursorWork, moveCursor } from "./protocol/cursor.ts";
export { type TaskOutcome } from "./protocol/delivery.ts";
export { type Host, THIS_HOST } from "./protocol/host.ts";
export { planJob } from "./protocol/planning.ts";
export {
  type HeldSegment,
  holdSegment,
  type Passed,
  type SegmentDeps,
} from "./protocol/segment.ts";
export { finishJob, runStep, type StepWork } from "./protocol/step.ts";
export * from "./protocol/task-context.ts";
export { isOurs } from "./protocol/worker-class.ts";
export { remake } from "./protocol/remake.ts";
export { connectRedis, type RedisClient } from "./ledger/redis.ts";
export { createReconciler, type Reconciler, type RepairEvents } from "./reconcile/reconciler.ts";
export { openQueues } from "./queues/open-queues.ts";
export { readRedisState, type RedisState } from "./site/redis-state.ts";
export { createSiteLook, type SiteLook } from "./site/site-look.ts";
export * from "./site/site-state.ts";
export { openSiteView, type SiteView } from "./site/site-view.ts";
export * from "./site/stall-watch.ts";
export { putSegmentTimes, readSegment } from "./plan/segment-times.ts";
export * from "./queues/stage-runner.ts";
export type { StageRunner } from "./queues/worker-life.ts";
export * from "./queues/task-queues.ts";
export { type MissingSpan, putTimeline, readTimeline, type Timeline } from "./site/timeline.ts";
export { forgetAddress, readAddress } from "./plan/source-address.ts";
export {
  checkSource,
  checkUpload,
  fileState,
  openSource,
  sourceState,
  sourceVersion,
} from "./plan/source.ts";
export type { OpenSource } from "./plan/source.ts";
