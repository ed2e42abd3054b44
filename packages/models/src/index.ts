export { addModel, labelNames, readLabels } from "./add.ts";
export type { AddOptions } from "./add.ts";
export { CATALOGUE } from "./catalogue.ts";
export type { CatalogueEntry } from "./catalogue.ts";
export { COCO_LABELS } from "./coco-labels.ts";
export { createDetector } from "./detector.ts";
export type { DetectOptions, Detector, FrameDetections } from "./detector.ts";
export { frameSizeOf } from "./frame-size.ts";
export { createRunGuard, RunBroke, RunGivenUp } from "./guarding/run-guard.ts";
export type { Breach, ModelGuard, RunGuard, RunLimits } from "./guarding/run-guard.ts";
export { findsObjects } from "./manifest-facts.ts";
export { manifestSchema, objectManifest, parseManifest } from "./manifest.ts";
export type { DetectionManifest, ModelManifest, ObjectManifest } from "./manifest.ts";
export type { RunnerOptions } from "./model-runner.ts";
export { loadModelPackage, recognizeFile } from "./package.ts";
export type { Hints } from "./recognize/hints.ts";
export type { LoadOptions, ModelPackage } from "./package.ts";
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
export type { PlanarFrames } from "./planar-frames.ts";
export { chooseEngine, tryProvider } from "./providers/choose.ts";
export type { ChooseOptions, Engine, ProviderFinding } from "./providers/choose.ts";
export { numericClass } from "./providers/numeric-class.ts";
export { CPU, PROVIDER_NAMES } from "./providers/provider.ts";
export type { ExecutionDevice, ProviderName } from "./providers/provider.ts";
export { plotTuning } from "./tuning/plot.ts";
export { tune } from "./tuning/tune.ts";
export type { TuneOptions } from "./tuning/tune.ts";
export { pullModel } from "./pull.ts";
export type { PullOptions } from "./pull.ts";
export type { SessionRun } from "./session-protocol.ts";
export { listModels, resolveModel } from "./registry.ts";
export type { ListedModel, ResolveOptions } from "./registry.ts";
