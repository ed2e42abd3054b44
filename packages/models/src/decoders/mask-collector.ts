import type { Runs } from "@framequeue/vision";
import type { ChunkMasks } from "../session/chunk-result.ts";

/** Collects the masks of a chunk. */
export class MaskCollector {
  #masks: Runs[] = [];

  add(runs: Runs): void {
    this.#masks.push(runs);
  }

  /** All that were added since the last call. */
  take(): ChunkMasks {
    const runCounts = Int32Array.from(this.#masks, ({ length }) => length);
    const runs = new Uint32Array(runCounts.reduce((sum, count) => sum + count, 0));
    let at = 0;
    for (const mask of this.#masks) {
      runs.set(mask, at);
      at += mask.length;
    }
    this.#masks = [];
    return { runCounts, runs };
  }
}

/** The masks of a chunk one by one. */
export function* masksOf({ runCounts, runs }: ChunkMasks): Generator<Runs> {
  let at = 0;
  for (const count of runCounts) {
    yield runs.slice(at, at + count);
    at += count;
  }
}
