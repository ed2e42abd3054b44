import { SEEN_FIELDS, type SeenField, type SeenOf } from "@framequeue/contracts";
import type { Size } from "@framequeue/vision";
import type { ChunkField, ChunkResult, SeenValues } from "./session/chunk-result.ts";
import { frameSizeOf } from "./tensors/frame-size.ts";
import { type ModelManifest, objectManifest } from "./manifest/manifest.ts";
import type { RunnerOptions } from "./session/model-runner.ts";
import { ModelRunner } from "./session/model-runner.ts";
import type { ModelPackage } from "./package/package.ts";
import type { PlanarFrames } from "./tensors/planar-frames.ts";
import type { TaskRun } from "./tasks/task-run.ts";
import { taskRun } from "./tasks/tasks.ts";
import { picturesOf } from "./tensors/planar-frames.ts";

/** The detections of one frame, by falling score. */
export interface FrameDetections {
  /** `[n, 4]`: x1, y1, x2, y2 in source pixels, clipped to the source. */
  readonly boxes: Float32Array<ArrayBuffer>;
  /** `[n]`, 0 to 1. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** `[n]`: indices into the labels. */
  readonly classIds: Int32Array<ArrayBuffer>;
  /** What else the model sees: an entry for each detection, as rows of results have it. */
  readonly seen: { readonly [K in SeenField]?: readonly SeenOf<K>[] };
}

export interface DetectOptions {
  /** Least score of a detection, 0 to 1, instead of the manifest's threshold. */
  readonly minScore?: number;
  /** Takes frames of any size and scales them. Those of `frameSize` need no scaling, and others are refused by default. */
  readonly resize?: boolean;
  /** Frames that wait for a thread are dropped; those that run finish before `detect` rejects. */
  readonly signal?: AbortSignal;
}

export interface Detector extends AsyncDisposable {
  readonly package: ModelPackage;
  readonly labels: readonly string[];
  /** Pictures per run. */
  readonly slots: number;
  /**
   * The size in which this model wants a source's frames: scaled to fit its input, without padding; the whole input
   * where the model stretches.
   */
  frameSize(source: Size): Size;
  /**
   * Detects on the frames `range.from` to, exclusively, `range.to`. The frames must not change until the promise
   * settles. The result has one entry per frame, in order, whatever the number of threads and their timing; equal
   * calls give equal numbers.
   *
   * @param frames in `frameSize(source)`, unless they are to be scaled
   * @param source size of the pictures before scaling; boxes come in its pixels
   * @throws RangeError if the frames are not of that size or the range lies outside them
   * @throws ProblemError `inference-failed` if the model fails, `shutting-down` after disposal
   */
  detect(
    frames: PlanarFrames,
    range: { readonly from: number; readonly to: number },
    source: Size,
    options?: DetectOptions,
  ): Promise<FrameDetections[]>;
}

/**
 * Opens a model that finds objects: for detection, or for instance segmentation.
 *
 * @throws ProblemError `model-invalid` if the model cannot be run, or does something else
 */
export async function createDetector(
  model: ModelPackage,
  options: RunnerOptions,
): Promise<Detector> {
  const manifest = objectManifest(model.manifest);
  const { input, labels, thresholds } = manifest;
  const { fields = {} } = taskRun(manifest);
  const runner = await ModelRunner.open(model, options);
  return {
    package: model,
    labels,
    slots: runner.slots,
    frameSize: (source) => frameSizeOf(source, input),
    async detect(
      frames,
      range,
      source,
      { minScore = thresholds.score, resize = false, signal } = {},
    ) {
      if (!resize) checkSize(frames, frameSizeOf(source, input));
      const pictures = picturesOf(frames, range, source, minScore);
      const results = await runner.run(pictures, signal);
      return results.flatMap((result) => perFrame(result, fields, source));
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

type Fields = NonNullable<TaskRun<ModelManifest>["fields"]>;

function checkSize({ width, height }: PlanarFrames, wanted: Size): void {
  if (width === wanted.width && height === wanted.height) return;
  throw new RangeError(
    `the model needs frames of ${wanted.width}x${wanted.height}, these are ${width}x${height}`,
  );
}

function perFrame(result: ChunkResult, fields: Fields, source: Size): FrameDetections[] {
  if (result.task !== "objects") throw new Error(`a detector answered with ${result.task}`);
  const { counts, boxes, scores, classIds } = result;
  const seen = SEEN_FIELDS.flatMap((field) => {
    const [packed, read] = [result.fields[field], fields[field]];
    if (packed === undefined || read === undefined) return [];
    return [[field, unpacked(packed).map((values) => read(values, source))] as const];
  });
  let at = 0;
  return Array.from(counts, (count) => {
    const first = at;
    at += count;
    return {
      boxes: boxes.slice(4 * first, 4 * at),
      scores: scores.slice(first, at),
      classIds: classIds.slice(first, at),
      seen: Object.fromEntries(seen.map(([field, values]) => [field, values.slice(first, at)])),
    };
  });
}

function unpacked({ counts, values }: ChunkField): SeenValues[] {
  let at = 0;
  return Array.from(counts, (count) => values.slice(at, (at += count)));
}
