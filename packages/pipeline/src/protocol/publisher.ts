import { type BatchKey, batchKey, ProblemError } from "@framequeue/contracts";
import { payloadChecksum } from "@framequeue/frames";
import type { Ports } from "../ports.ts";
import type { Plan } from "../plan/plan.ts";
import type { TaskQueues } from "../queues/task-queues.ts";
import { clearPayload, grantId, payloadOf } from "./payloads.ts";
import type { TaskContext } from "./task-context.ts";

/** How soon a full window is polled: fast inference gives a credit back every few milliseconds. */
const FIRST_POLL_MS = 2;
/** After some polls in vain: well below the time that slow inference needs for the window. */
const LAST_POLL_MS = 32;

/** Another holder decodes the segment now, or the job is over: stop, this is no error. */
export class WorkTakenAway extends Error {
  override readonly name = "WorkTakenAway";
}

export interface PublishDeps extends Pick<
  Ports,
  "ledger" | "frames" | "frameBudgetBytes" | "host"
> {
  readonly queues: Pick<TaskQueues, "addDue">;
}

export interface PublishTarget extends Pick<TaskContext, "signal" | "idle" | "span"> {
  readonly job: Parameters<typeof payloadOf>[0];
  readonly epoch: string;
  readonly segment: number;
  readonly lease: string;
  readonly payload: Plan["payload"];
  /** A batch that was not there is; `vt` is the job's virtual time. */
  readonly onPublished: (vt: number, frames: number) => void;
}

/**
 * Puts batches of one segment into the frame store, one after the other, each under a credit: acquire, grant, put,
 * publish. `publish` returns at once so that the next batch can be read meanwhile; `settled` waits, and throws what
 * went wrong.
 */
export class BatchPublisher {
  readonly #deps: PublishDeps;
  readonly #target: PublishTarget;
  #running: Promise<void> = Promise.resolve();
  /** The reader has the next batch and waits as well. */
  #readerWaits = false;

  constructor(deps: PublishDeps, target: PublishTarget) {
    this.#deps = deps;
    this.#target = target;
  }

  async settled(): Promise<void> {
    this.#readerWaits = true;
    try {
      await this.#running;
    } finally {
      this.#readerWaits = false;
    }
  }

  publish(batch: number, pts: readonly number[], pixels: SharedArrayBuffer): void {
    this.#running = this.#publish(batch, pts, pixels);
    // Whoever reads meanwhile may be thrown out before it gets to look.
    this.#running.catch(() => {});
  }

  async #publish(batch: number, pts: readonly number[], pixels: SharedArrayBuffer): Promise<void> {
    const { job, epoch, segment, lease, payload, span } = this.#target;
    const { variants, ...frame } = payload;
    const { ledger, queues, frames } = this.#deps;
    const k = batchKey({ segment, batch });
    for (;;) {
      // A batch's enhanced pixels live on the same credit as its decoded ones, and are reserved with them.
      const bytes = pixels.byteLength * variants.length;
      const tok = await this.#acquire(batch, k, bytes);
      if (tok === undefined) {
        frames.discard(pixels);
        return;
      }
      await this.#grant(k, tok, bytes);
      const crc32 = payloadChecksum(pixels);
      const put = await frames.put(payloadOf(job, epoch, k, "a"), {
        pixels,
        header: {
          v: 1,
          job,
          epoch,
          segment,
          batch,
          ...frame,
          frames: pts.length,
          pts: [...pts],
          crc32,
          ...(span === undefined ? {} : { span }),
        },
      });
      const answer = await ledger.publish(
        job,
        epoch,
        segment,
        lease,
        batch,
        tok,
        pts.length,
        crc32,
      );
      if (answer.a === "ok") {
        if (put === "copied") frames.discard(pixels);
        await queues.addDue(job, epoch, answer.due);
        this.#target.onPublished(answer.vt, pts.length);
        return;
      }
      // The job is over, so nobody else can hold this payload: it goes. Where only the lease is lost, it stays,
      // because it may be the new holder's by now.
      if (answer.a === "gone") await clearPayload(this.#deps, job, epoch, k, tok);
      if (answer.a !== "retry") throw new WorkTakenAway();
      // Somebody cleared the payload meanwhile. A buffer that the store kept may be in other hands by now.
      if (put === "kept")
        throw new ProblemError("frame-undecodable", `Batch ${k} was cleared away.`);
    }
  }

  /** The token of a credit for the batch, or undefined when others have gone further with it. */
  async #acquire(batch: number, k: BatchKey, bytes: number): Promise<string | undefined> {
    const { job, epoch, segment, lease, signal } = this.#target;
    const { ledger, queues } = this.#deps;
    let pollMs = FIRST_POLL_MS;
    for (;;) {
      signal.throwIfAborted();
      const tok = this.#deps.host.newToken();
      const answer = await ledger.acquire(job, epoch, segment, lease, batch, tok, bytes);
      switch (answer.a) {
        case "ok":
          return tok;
        case "skip":
          await queues.addDue(job, epoch, answer.due);
          return undefined;
        case "wait":
          await this.#pause(pollMs);
          pollMs = Math.min(2 * pollMs, LAST_POLL_MS);
          break;
        case "drop":
          await clearPayload(this.#deps, job, epoch, answer.k, answer.tok);
          await ledger.unhold(job, epoch, answer.k, answer.tok);
          break;
        case "stale":
        case "gone":
          throw new WorkTakenAway(`batch ${k}: ${answer.a}`);
      }
    }
  }

  async #grant(k: BatchKey, tok: string, bytes: number): Promise<void> {
    const { job, epoch } = this.#target;
    const { ledger, frameBudgetBytes } = this.#deps;
    while ((await ledger.grant(grantId(job, epoch, k), tok, bytes, frameBudgetBytes)) === "wait") {
      await this.#pause(LAST_POLL_MS);
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal, idle } = this.#target;
    const pause = this.#deps.host.sleep(ms, signal);
    return this.#readerWaits ? idle(pause) : pause;
  }
}
