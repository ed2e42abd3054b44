export { type Adopted, adoptKept, adoptSoFar, readAdopted } from "./adoption.ts";
export * from "./infer-roster.ts";
export { clearEpoch } from "./clear-epoch.ts";
export { insist } from "./insist.ts";
export * from "./intermediates.ts";
export { NotWanted } from "./job-watch.ts";
export * from "./jobs.ts";
export { runOf } from "./job-view.ts";
export { videoFrames } from "./video-frames.ts";
export { FrameNumbers } from "./frame-numbers.ts";
export { type LabelNames, labelOf, labelRows, toFrameRows } from "./frame-rows.ts";
export { objectKeys } from "./keys.ts";
export { openLocalPipeline, type LocalStoresOptions } from "./local-stores.ts";
export { jobShare } from "./job-share.ts";
export * from "./ledger.ts";
export { type Comparison, compareJobs, type JobToCompare } from "./compare-jobs.ts";
export { modelDamaged, modelProblem, putManifest, readManifest } from "./manifest-record.ts";
export * from "./model-aliases.ts";
export { changeAlias, keepAliased, rollBack, type SwitchOptions } from "./model-switch.ts";
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
} from "./model-quarantine.ts";
export { registeredModels } from "./registered-models.ts";
export { jobsUsing, modelsInUse } from "./models-in-use.ts";
export { addMetrics, putLineage, readLineage, readMetrics } from "./model-records.ts";
export { registerModel, unregisterModel } from "./model-register.ts";
export { readTuning, storeModel, storeTuning } from "./model-store.ts";
export type { StoreCall, StoreEvents } from "./observed-stores.ts";
export * from "./parts.ts";
export * from "./payloads.ts";
export * from "./pipeline.ts";
export * from "./plan.ts";
export { doPost, type PostWork } from "./post-stage.ts";
export { remake } from "./remake.ts";
export { connectRedis, type RedisClient } from "./redis.ts";
export { createReconciler, type Reconciler, type RepairEvents } from "./reconciler.ts";
export { openQueues } from "./open-queues.ts";
export { readRedisState, type RedisState } from "./redis-state.ts";
export { createSiteLook, type SiteLook } from "./site-look.ts";
export * from "./site-state.ts";
export { openSiteView, type SiteView } from "./site-view.ts";
export * from "./stall-watch.ts";
export { putSegmentTimes, readSegment } from "./segment-times.ts";
export * from "./stage-runner.ts";
export * from "./task-queues.ts";
export { type MissingSpan, putTimeline, readTimeline, type Timeline } from "./timeline.ts";
export { forgetAddress, readAddress } from "./source-address.ts";
export {
  checkSource,
  checkUpload,
  fileState,
  openSource,
  sourceState,
  sourceVersion,
} from "./source.ts";
export type { OpenSource } from "./source.ts";
