export {
  type Difficulty,
  type DifficultyParameters,
  difficulties,
  difficultyParameters,
} from "./difficulty.ts";
export {
  type Box,
  type ClassLabel,
  classLabels,
  counts,
  type GroundTruthBox,
  type ScoringRule,
  scoringRule,
} from "./ground-truth.ts";
export {
  classList,
  motGroundTruth,
  motLines,
  type MotRow,
  parseMotGroundTruth,
  sequenceInfo,
} from "./mot-ground-truth.ts";
export { createRandom, type Random } from "./random.ts";
export { createScene, type Scene, type SceneOptions } from "./scene.ts";
export { h264OutputArguments, rawInputArguments, sceneFrames } from "./scene-video.ts";
export type { PixelLayout } from "./sensor.ts";
