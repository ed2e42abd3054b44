export { addModel, labelNames, readLabels } from "./package/add.ts";
export type { AddOptions } from "./package/add.ts";
export { CATALOGUE } from "./package/catalogue.ts";
export type { CatalogueEntry } from "./package/catalogue.ts";
export { COCO_LABELS } from "./labels/coco-labels.ts";
export { createDetector } from "./detector.ts";
export type { DetectOptions, Detector, FrameDetections } from "./detector.ts";
export { frameSizeOf } from "./tensors/frame-size.ts";
export { createRunGuard, RunBroke, RunGivenUp } from "./guarding/run-guard.ts";
export type { Breach, ModelGuard, RunGuard, RunLimits } from "./guarding/run-guard.ts";
export {
  findsObjects,
  manifestSchema,
  objectManifest,
  parseManifest,
} from "./manifest/manifest.ts";
export type { DetectionManifest, ModelManifest, ObjectManifest } from "./manifest/manifest.ts";
export type { RunnerOptions } from "./session/model-runner.ts";
export { loadModelPackage, recognizeFile } from "./package/package.ts";
export type { Hints } from "./recognize/hints.ts";
export type { LoadOptions, ModelPackage } from "./package/package.ts";
export {
  createClassifier,
  createEmbedder,
  createImageModel,
  createSegmenter,
} from "./picture-model.ts";
export type {
  Crop,
  MadePicture,
  PictureAreas,
  PictureLabels,
  PictureModel,
} from "./picture-model.ts";
export type { PlanarFrames } from "./tensors/planar-frames.ts";
export { chooseEngine, tryProvider } from "./providers/choose.ts";
export type { ChooseOptions, Engine, ProviderFinding } from "./providers/choose.ts";
export { numericClass } from "./providers/numeric-class.ts";
export { CPU, PROVIDER_NAMES } from "./providers/provider.ts";
export type { ExecutionDevice, ProviderName } from "./providers/provider.ts";
export { plotTuning } from "./tuning/plot.ts";
export { tune } from "./tuning/tune.ts";
export type { TuneOptions } from "./tuning/tune.ts";
export { pullModel } from "./package/pull.ts";
export type { PullOptions } from "./package/pull.ts";
export type { SessionRun } from "./session/session-protocol.ts";
export { listModels, resolveModel } from "./package/registry.ts";
export type { ListedModel, ResolveOptions } from "./package/registry.ts";
