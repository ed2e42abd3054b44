import type { TrackerOptions } from "@framequeue/contracts";
import { ForAnother, readIntermediate } from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";
import { NewerCheckpointError } from "@framequeue/tracking";
import type { Size } from "@framequeue/vision";
import { createJobTracker, type JobCheckpoint, type JobTracker } from "./job-tracker.ts";

/** Trackers by the checkpoint that they stand at, so that the next batch need not load what this process just saved. */
export interface TrackerCache {
  /**
   * The tracker as it was saved under `checkpoint`; a fresh one where that is empty. The caller has it to itself.
   *
   * @throws IntermediateLost
   * @throws ForAnother if a process of a later version saved it
   * @throws TrackerCheckpointError if it does not fit otherwise
   */
  take(checkpoint: string, options: TrackerOptions, size: Size): Promise<JobTracker>;
  /** The tracker now stands at `checkpoint`. Only after the ledger has taken the commit. */
  give(checkpoint: string, tracker: JobTracker): void;
}

export function createTrackerCache(objects: ObjectStore, capacity = 64): TrackerCache {
  const idle = new Map<string, JobTracker>();
  return {
    async take(checkpoint, options, size) {
      if (checkpoint === "") return createJobTracker(options, size);
      const kept = idle.get(checkpoint);
      if (kept !== undefined) {
        idle.delete(checkpoint);
        return kept;
      }
      const bytes = await readIntermediate(objects, checkpoint);
      const saved = JSON.parse(bytes.toString()) as JobCheckpoint;
      try {
        return createJobTracker(options, size, saved);
      } catch (error) {
        if (!(error instanceof NewerCheckpointError)) throw error;
        throw new ForAnother(`for a process of a later version: ${error.message}`);
      }
    },
    give(checkpoint, tracker) {
      idle.set(checkpoint, tracker);
      if (idle.size > capacity) idle.delete(idle.keys().next().value!);
    },
  };
}
