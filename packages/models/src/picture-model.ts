import type { ModelTask } from "@framequeue/contracts";
import { ProblemError } from "@framequeue/contracts";
import { type BoxXyxy, cropOf, type Runs, type Size } from "@framequeue/vision";
import type { ChunkResult } from "./session/chunk-result.ts";
import { frameSizeOf } from "./tensors/frame-size.ts";
import { leastScore } from "./manifest/least-score.ts";
import { masksOf } from "./decoders/mask-collector.ts";
import type { RunnerOptions } from "./session/model-runner.ts";
import { ModelRunner } from "./session/model-runner.ts";
import type { ModelPackage } from "./package/package.ts";
import type { PlanarFrames } from "./tensors/planar-frames.ts";
import { picturesOf } from "./tensors/planar-frames.ts";
import type { Picture } from "./session/session-protocol.ts";

/** The labels of a picture, the best first. */
export interface PictureLabels {
  readonly scores: Float32Array<ArrayBuffer>;
  /** Indices into the labels. */
  readonly classIds: Int32Array<ArrayBuffer>;
}

/** The classes that a picture shows, by id, each with its mask in source pixels. */
export interface PictureAreas {
  /** Indices into the labels. */
  readonly classIds: Int32Array<ArrayBuffer>;
  readonly masks: readonly Runs[];
}

/** A picture that a model made: its planes, green, blue and red, or brightness alone. */
export interface MadePicture extends Size {
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** An open model that answers each picture with an `R`. */
export interface PictureModel<R> extends AsyncDisposable {
  readonly package: ModelPackage;
  /** Pictures per run. */
  readonly slots: number;
  /** The size in which this model wants a source's frames. */
  frameSize(source: Size): Size;
  /**
   * Looks at the frames `range.from` to, exclusively, `range.to`. They must not change until the promise settles.
   *
   * @param frames in `frameSize(source)`, unless they are to be scaled
   * @returns one answer per frame, in order; equal calls give equal numbers
   * @throws RangeError if the range lies outside the frames
   * @throws ProblemError `inference-failed` if the model fails, `shutting-down` after disposal
   */
  look(
    frames: PlanarFrames,
    range: { readonly from: number; readonly to: number },
    source: Size,
    options?: LookOptions,
  ): Promise<R[]>;
  /**
   * Looks at parts of frames, one answer per crop, in order. The frames may have any size: whatever a crop has is what
   * the model gets.
   *
   * @throws RangeError if there is no such frame, and whatever `look` throws
   */
  lookAtCrops(
    frames: PlanarFrames,
    crops: readonly Crop[],
    source: Size,
    signal?: AbortSignal,
  ): Promise<R[]>;
}

export interface LookOptions {
  /** Takes frames of any size and scales them; by default others than those of `frameSize` are refused. */
  readonly resize?: boolean;
  /** Frames that wait for a thread are dropped; those that run finish before `look` rejects. */
  readonly signal?: AbortSignal;
}

/** A part of a frame. */
export interface Crop {
  /** From 0. */
  readonly frame: number;
  /** x1, y1, x2, y2 in source pixels; what reaches outside is cut off. */
  readonly box: BoxXyxy;
}

/** @throws ProblemError `model-invalid` if the model is none, or cannot be run */
export function createClassifier(
  model: ModelPackage,
  options: RunnerOptions,
): Promise<PictureModel<PictureLabels>> {
  return open(model, options, "classification", labelsOf);
}

/** @throws ProblemError `model-invalid` if the model is none, or cannot be run */
export function createEmbedder(
  model: ModelPackage,
  options: RunnerOptions,
): Promise<PictureModel<Float32Array<ArrayBuffer>>> {
  const { manifest } = model;
  const dimensions = manifest.task === "embedding" ? manifest.output.dimensions : 0;
  return open(model, options, "embedding", (result) => vectorsOf(result, dimensions));
}

/** @throws ProblemError `model-invalid` if the model is none, or cannot be run */
export function createSegmenter(
  model: ModelPackage,
  options: RunnerOptions,
): Promise<PictureModel<PictureAreas>> {
  return open(model, options, "semantic-segmentation", areasOf);
}

/** @throws ProblemError `model-invalid` if the model is none, or cannot be run */
export function createImageModel(
  model: ModelPackage,
  options: RunnerOptions,
): Promise<PictureModel<MadePicture>> {
  return open(model, options, "image-to-image", imagesOf);
}

type ResultOf<T extends ModelTask> = Extract<ChunkResult, { task: T }>;

async function open<T extends ModelTask, R>(
  model: ModelPackage,
  options: RunnerOptions,
  task: T,
  each: (result: ResultOf<T>) => R[],
): Promise<PictureModel<R>> {
  const { manifest } = model;
  if (manifest.task !== task) {
    throw new ProblemError(
      "model-invalid",
      `The model ${manifest.name} is for ${manifest.task}, not for ${task}.`,
      { at: "model" },
    );
  }
  const runner = await ModelRunner.open(model, options);
  const answers = async (
    pictures: readonly Picture[],
    signal: AbortSignal | undefined,
  ): Promise<R[]> => {
    const results = await runner.run(pictures, signal);
    return results.flatMap((result) => {
      if (result.task !== task) throw new Error(`a model for ${task} answered with ${result.task}`);
      return each(result as ResultOf<T>);
    });
  };
  const minScore = leastScore(manifest);
  return {
    package: model,
    slots: runner.slots,
    frameSize: (source) => frameSizeOf(source, manifest.input),
    async look(frames, range, source, { resize = false, signal } = {}) {
      const wanted = frameSizeOf(source, manifest.input);
      if (resize) return answers(picturesOf(frames, range, source, minScore), signal);
      if (frames.width !== wanted.width || frames.height !== wanted.height) {
        throw new RangeError(
          `the model needs frames of ${wanted.width}x${wanted.height}, these are ${frames.width}x${frames.height}`,
        );
      }
      return answers(picturesOf(frames, range, source, minScore), signal);
    },
    async lookAtCrops(frames, crops, source, signal) {
      const whole = picturesOf(frames, { from: 0, to: frames.frames }, source, minScore);
      const pictures = crops.map(({ frame, box }): Picture => {
        const picture = whole[frame];
        if (picture === undefined) throw new RangeError(`there is no frame ${frame}`);
        const region = cropOf(box, source, frames);
        return { ...picture, region, source: { width: region.width, height: region.height } };
      });
      return answers(pictures, signal);
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

function labelsOf({ counts, scores, classIds }: ResultOf<"classification">): PictureLabels[] {
  let at = 0;
  return Array.from(counts, (count) => {
    const first = at;
    at += count;
    return { scores: scores.slice(first, at), classIds: classIds.slice(first, at) };
  });
}

function vectorsOf(
  { vectors }: ResultOf<"embedding">,
  dimensions: number,
): Float32Array<ArrayBuffer>[] {
  return Array.from({ length: vectors.length / dimensions }, (_, i) =>
    vectors.slice(i * dimensions, (i + 1) * dimensions),
  );
}

function areasOf(result: ResultOf<"semantic-segmentation">): PictureAreas[] {
  const masks = [...masksOf(result)];
  let at = 0;
  return Array.from(result.counts, (count) => {
    const first = at;
    at += count;
    return { classIds: result.classIds.slice(first, at), masks: masks.slice(first, at) };
  });
}

function imagesOf({ sizes, pixels }: ResultOf<"image-to-image">): MadePicture[] {
  const pixelsOfAll = sizes.reduce(
    (sum, _, i) => (i % 2 === 0 ? sum + sizes[i]! * sizes[i + 1]! : sum),
    0,
  );
  const planes = pixelsOfAll === 0 ? 0 : pixels.length / pixelsOfAll;
  let at = 0;
  return Array.from({ length: sizes.length / 2 }, (_, i) => {
    const [width, height] = [sizes[2 * i]!, sizes[2 * i + 1]!];
    const first = at;
    at += planes * width * height;
    return { width, height, pixels: pixels.slice(first, at) };
  });
}
