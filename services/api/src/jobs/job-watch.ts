import { createHash } from "node:crypto";
import { isTerminal, type JobId, type JobView } from "@framequeue/contracts";
import type { Jobs } from "@framequeue/pipeline";
import type { Logger } from "@framequeue/service";

const LOOK_EVERY_MS = 300;

/** A job as it stands. `id` is of the content, so that it means the same after a reconnect, on any server. */
export interface Sighting {
  readonly id: string;
  readonly view: JobView;
}

export interface JobListener {
  /** At once with the job as last seen, and on every change. */
  readonly onView: (sighting: Sighting) => void;
  /** The job has ended, or is gone: nothing follows. */
  readonly onEnd: () => void;
}

/** Looks at jobs that somebody watches, at each once per interval however many watch it. */
export interface JobWatch {
  /** Answers a function that stops listening. */
  watch(job: JobId, listener: JobListener): () => void;
}

interface Watched {
  readonly listeners: Set<JobListener>;
  last: Sighting | undefined;
  ended: boolean;
}

export function createJobWatch(deps: {
  readonly jobs: Pick<Jobs, "glance">;
  readonly logger: Logger;
  readonly everyMs?: number;
}): JobWatch {
  const { jobs, logger, everyMs = LOOK_EVERY_MS } = deps;
  const watched = new Map<JobId, Watched>();

  async function look(job: JobId, entry: Watched): Promise<void> {
    const view = await jobs.glance(job);
    if (view !== undefined) {
      const id = createHash("sha256").update(JSON.stringify(view)).digest("base64url").slice(0, 16);
      if (entry.last?.id !== id) {
        entry.last = { id, view };
        for (const { onView } of entry.listeners) onView(entry.last);
      }
    }
    entry.ended = view === undefined || isTerminal(view.state);
  }

  async function keepLooking(job: JobId, entry: Watched): Promise<void> {
    let failing = false;
    while (entry.listeners.size > 0 && !entry.ended) {
      try {
        await look(job, entry);
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ job, err: error }, "the job cannot be looked at; trying on");
        failing = true;
      }
      if (!entry.ended) await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    watched.delete(job);
    for (const { onEnd } of entry.listeners) onEnd();
  }

  return {
    watch(job, listener) {
      let entry = watched.get(job);
      if (entry === undefined) {
        entry = { listeners: new Set([listener]), last: undefined, ended: false };
        watched.set(job, entry);
        void keepLooking(job, entry);
      } else {
        entry.listeners.add(listener);
        if (entry.last !== undefined) listener.onView(entry.last);
      }
      return () => void entry.listeners.delete(listener);
    },
  };
}
