import { isTerminal, type JobId, type JobView, type Operations } from "@framequeue/contracts";
import { jobNotFound } from "@framequeue/pipeline";
import type { Response } from "express";
import type { ApiDeps } from "../deps.ts";
import { inTime } from "../http/deadline.ts";
import type { Handler } from "../http/handler.ts";
import type { JobWatch, Sighting } from "../jobs/job-watch.ts";

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1_000;
/** Id of the last event. A client that comes back with it has seen everything. */
const END_ID = "end";

export interface WatchDeps extends Pick<ApiDeps, "jobs"> {
  readonly watch: JobWatch;
  /** Fires when the server stops: streams end, and clients reconnect elsewhere. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs?: number;
}

/**
 * Server-sent events: `progress` with the job at once and on every change, `end` when it has ended; then the server
 * closes, and an `EventSource` that reconnects nevertheless is told to stop with 204.
 */
export function watchJob(deps: WatchDeps): Handler<Operations["watchJob"]> {
  return async ({ params: { id }, headers }) => {
    if (!(await inTime(deps.jobs.isAccepted(id)))) throw jobNotFound(id);
    if (headers["last-event-id"] === END_ID && (await hasEnded(deps.jobs, id))) {
      return { status: 204 };
    }
    return {
      status: 200,
      headers: { "cache-control": "no-store, no-transform", "x-accel-buffering": "no" },
      write: (response) => writeEvents(deps, id, response),
    };
  };
}

async function writeEvents(
  { watch, stopping, heartbeatMs = HEARTBEAT_MS }: WatchDeps,
  id: JobId,
  response: Response,
): Promise<void> {
  response.flushHeaders();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  response.once("close", close);
  response.on("error", close); // a write that met a closed connection
  if (response.closed) close();
  response.write(`retry: ${RETRY_MS}\n\n`);

  let view: JobView | undefined;
  const send = latestOnly(response);
  const unwatch = watch.watch(id, {
    onView(sighting) {
      view = sighting.view;
      send(sighting);
    },
    onEnd: close,
  });
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(":\n\n");
  }, heartbeatMs);
  const stop = (): void => close();
  stopping.addEventListener("abort", stop);
  if (stopping.aborted) close();
  await closed;
  stopping.removeEventListener("abort", stop);
  clearInterval(heartbeat);
  unwatch();
  if (view !== undefined && isTerminal(view.state) && !response.destroyed) {
    response.write(eventText("end", END_ID, view));
  }
  response.end();
}

/** A job whose end was told may run again since. */
async function hasEnded(jobs: ApiDeps["jobs"], id: JobId): Promise<boolean> {
  const view = await inTime(jobs.view(id));
  return view === undefined || isTerminal(view.state);
}

/** Writes views as they come; while the client does not read, only the latest one waits for it. */
function latestOnly(response: Response): (sighting: Sighting) => void {
  let waiting: Sighting | undefined;
  const write = ({ id, view }: Sighting): void => {
    response.write(eventText("progress", id, view));
  };
  response.on("drain", () => {
    if (waiting !== undefined) write(waiting);
    waiting = undefined;
  });
  return (sighting) => {
    if (response.writableNeedDrain) waiting = sighting;
    else write(sighting);
  };
}

function eventText(event: string, id: string, view: JobView): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(view)}\n\n`;
}
