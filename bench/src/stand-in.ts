import { setTimeout as sleep } from "node:timers/promises";
import {
  type Detector,
  type FrameDetections,
  type ModelPackage,
  objectManifest,
} from "@framequeue/models";
import type { DetectorCache } from "@framequeue/service-infer";

export interface StandInOptions {
  /** What jobs name; it is never run. */
  readonly model: ModelPackage;
  readonly workers: number;
  /** How long a worker has a frame; 0 answers at once. */
  readonly frameMs: number;
}

/** As many frames at once as a real detector gives to a thread. */
const CHUNK_FRAMES = 4;

/**
 * In place of a detector: workers that sleep, each on one chunk of frames at a time, and see the same three objects in
 * every frame. It takes no processor from what is measured.
 */
export function createStandIn({ model, workers, frameMs }: StandInOptions): DetectorCache {
  const waiting: (() => void)[] = [];
  let free = workers;

  async function work(frames: number): Promise<void> {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    await sleep(frames * frameMs);
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }

  const { labels } = objectManifest(model.manifest);
  const detector: Detector = {
    package: model,
    labels,
    slots: 1,
    frameSize: (source) => source,
    async detect(_frames, { from, to }) {
      const each = Math.max(1, Math.min(CHUNK_FRAMES, Math.ceil((to - from) / workers)));
      const chunks: Promise<void>[] = [];
      if (frameMs > 0) {
        for (let at = from; at < to; at += each) chunks.push(work(Math.min(each, to - at)));
      }
      await Promise.all(chunks);
      return Array.from({ length: to - from }, sight);
    },
    async [Symbol.asyncDispose]() {},
  };
  return {
    borrow: async () => ({ detector, async [Symbol.asyncDispose]() {} }),
    loaded: () => new Set([model.ref.sha256]),
    async drop() {},
    async [Symbol.asyncDispose]() {},
  };
}

function sight(): FrameDetections {
  return {
    boxes: Float32Array.of(10, 10, 40, 60, 100, 20, 130, 70, 200, 90, 260, 120),
    scores: Float32Array.of(0.9, 0.8, 0.7),
    classIds: Int32Array.of(0, 1, 2),
    seen: {},
  };
}
