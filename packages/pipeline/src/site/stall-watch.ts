import type { JobId } from "@framequeue/contracts";
import type { JobPhase, RunningJob } from "./site-state.ts";

export interface StalledJob {
  readonly job: JobId;
  readonly phase: JobPhase;
  /** Since when it has not got on. */
  readonly seconds: number;
}

const IDLE: readonly JobPhase[] = ["paused", "queued", "waiting"];

/** Remembers when each job last got on. One that is paused, or waits for its turn, is not expected to. */
export interface StallWatch {
  /** Takes a look at all jobs, and answers for how long each has not got on. */
  look(jobs: readonly RunningJob[], nowMs: number): StalledJob[];
}

export function createStallWatch(): StallWatch {
  const since = new Map<JobId, { progress: string; ms: number }>();
  return {
    look(jobs, nowMs) {
      const known = new Set(jobs.map(({ id }) => id));
      for (const id of since.keys()) if (!known.has(id)) since.delete(id);
      const still: StalledJob[] = [];
      for (const { id, phase, progress } of jobs) {
        const last = since.get(id);
        if (last === undefined || last.progress !== progress || IDLE.includes(phase)) {
          since.set(id, { progress, ms: nowMs });
        } else {
          still.push({ job: id, phase, seconds: (nowMs - last.ms) / 1000 });
        }
      }
      return still;
    },
  };
}
