import { type FetchMessage, ProblemError } from "@framequeue/contracts";
import { objectKeys, type Pipeline, readAddress, type TaskContext } from "@framequeue/pipeline";
import { fetchSource, type FetchOptions } from "./fetch-source.ts";

export interface FetchDeps extends Pipeline {
  readonly fetch: Omit<FetchOptions, "signal">;
}

/** Brings a job's source from the web into the store, and tells the job's `ingest`, which was put back to wait for it. */
export async function fetchJob(
  deps: FetchDeps,
  { job: id }: FetchMessage,
  { signal }: TaskContext,
): Promise<void> {
  const { ledger, queues, objects, jobs } = deps;
  // Of a job that is planned, paused or over, nothing is due here.
  const { due = [] } = await ledger.due(id);
  const waiting = due.filter(({ stage }) => stage === "ingest");
  if (waiting.length === 0) return;
  const source = (await jobs.accepted(id))?.source;
  if (source?.kind !== "url") return;
  const key = objectKeys.source(id, source.name);
  if ((await objects.stat(key)) === undefined) {
    const url = await readAddress(objects, id, source);
    try {
      await fetchSource(objects, key, url, { ...deps.fetch, signal });
    } catch (error) {
      // The job ends with that, and so nothing is to wait any more.
      if (error instanceof ProblemError && !error.retryable) {
        await queues.removeDue(id, "", waiting);
      }
      throw error;
    }
  }
  // It may have been paused and resumed meanwhile, and then another task waits.
  await queues.hurry(id, "", (await ledger.due(id)).due);
}
