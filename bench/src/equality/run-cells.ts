import { openPrivateSystem } from "@framequeue/cli";
import type { ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { type JobOptions, runJob } from "../run-job.ts";
import { bySystem, type Cell } from "./cells.ts";

/** The files that must not differ. `summary.json` tells of times and of how the work was cut. */
export const COMPARED = ["frames.jsonl", "tracks.jsonl", "mot.txt"] as const;

export interface CellResult extends Cell {
  /** Pieces that the video was cut into. */
  readonly segments: number;
  /** In the order of `COMPARED`. */
  readonly hashes: readonly string[];
  readonly detections: number;
  readonly tracks: number;
}

/** Jobs in one system at a time: enough that their starts and ends overlap. */
const AT_ONCE = 3;

/** Runs the cells in this process, one system for all that can share it. */
export async function* runCells(
  cells: readonly Cell[],
  video: string,
  model: ModelPackage,
  options: JobOptions = {},
): AsyncGenerator<CellResult> {
  for (const group of bySystem(cells)) {
    const { workers, store } = group[0]!;
    await using system = await openPrivateSystem({ inferWorkers: workers, frameStore: store });
    await storeModel(system.pipeline.objects, model);
    await system.warm(model.ref);
    for (let from = 0; from < group.length; from += AT_ONCE) {
      yield* await Promise.all(
        group.slice(from, from + AT_ONCE).map(async (cell): Promise<CellResult> => {
          const { batch, segmentSeconds } = cell;
          const execution = { batchFrames: batch, segmentSeconds, openSegments: 4 };
          const { summary, hashes } = await runJob(system, model, video, execution, options);
          return {
            ...cell,
            segments: summary.execution.segments,
            hashes: COMPARED.map((name) => hashes[name]!),
            detections: summary.detections,
            tracks: summary.tracks,
          };
        }),
      );
    }
    // The frame store is empty once the jobs are over, whatever its kind.
    const left = await Array.fromAsync(system.pipeline.frames.list());
    if (left.length > 0) throw new Error(`Left in the frame store: ${left.join(", ")}`);
  }
}
