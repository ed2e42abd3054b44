import type { ObjectStore } from "@framequeue/storage";
import {
  createTracker,
  restoreTracker,
  type Tracker,
  type TrackerCheckpoint,
  type TrackerOptions,
} from "@framequeue/tracking";

/** Trackers by the checkpoint that they stand at, so that the next batch need not load what this process just saved. */
export interface TrackerCache {
  /** The tracker as it was saved under `checkpoint`; a fresh one where that is empty. The caller has it to itself. */
  take(checkpoint: string, options: TrackerOptions): Promise<Tracker>;
  /** The tracker now stands at `checkpoint`. Only after the ledger has taken the commit. */
  give(checkpoint: string, tracker: Tracker): void;
}

export function createTrackerCache(objects: ObjectStore, capacity = 64): TrackerCache {
  const idle = new Map<string, Tracker>();
  return {
    async take(checkpoint, options) {
      if (checkpoint === "") return createTracker(options);
      const kept = idle.get(checkpoint);
      if (kept !== undefined) {
        idle.delete(checkpoint);
        return kept;
      }
      const saved = JSON.parse((await objects.get(checkpoint)).toString()) as TrackerCheckpoint;
      return restoreTracker(options, saved);
    },
    give(checkpoint, tracker) {
      idle.set(checkpoint, tracker);
      if (idle.size > capacity) idle.delete(idle.keys().next().value!);
    },
  };
}
