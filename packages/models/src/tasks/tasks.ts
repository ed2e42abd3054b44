import type { ModelTask } from "@framequeue/contracts";
import type { ModelManifest } from "../manifest/manifest.ts";
import { classification } from "./classification.ts";
import { detection } from "./detection.ts";
import { embedding } from "./embedding.ts";
import { imageToImage } from "./image-to-image.ts";
import { instanceSegmentation } from "./instance-segmentation.ts";
import { semanticSegmentation } from "./semantic-segmentation.ts";
import type { ManifestOf, TaskRun } from "./task-run.ts";

/**
 * How models of each task are run; a task without an entry does not compile. Apart from the manifests' schemas, so that
 * inference threads need not load those.
 */
const TASK_RUNS: { readonly [T in ModelTask]: TaskRun<ManifestOf<T>> } = {
  detection,
  "instance-segmentation": instanceSegmentation,
  "semantic-segmentation": semanticSegmentation,
  classification,
  embedding,
  "image-to-image": imageToImage,
};

export function taskRun<M extends ModelManifest>({ task }: M): TaskRun<M> {
  return TASK_RUNS[task] as unknown as TaskRun<M>;
}
