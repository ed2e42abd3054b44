import type { FrameStore } from "@framequeue/frames";
import type { RepairStep } from "./reconcile-job.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Suspects } from "./suspects.ts";

export interface ReconcileStoresDeps {
  readonly ledger: Pick<Ledger, "grants" | "release">;
  readonly frames: Pick<FrameStore, "list" | "delete">;
  readonly suspects: Suspects;
}

/**
 * Deletes pixels and gives back bytes that no credit covers any more. `held` names the batches that have a credit, as
 * `J/ep/s.b`; what got its credit after that look is seen once and not again.
 */
export async function* reconcileStores(
  { ledger, frames, suspects }: ReconcileStoresDeps,
  held: Pick<ReadonlySet<string>, "has">,
): AsyncGenerator<RepairStep> {
  for await (const key of frames.list()) {
    if (held.has(key.slice(0, key.lastIndexOf("/"))) || !suspects.see(`payload ${key}`)) continue;
    await frames.delete(key);
    yield `deleted the pixels ${key}`;
  }
  for (const [id, tok] of await ledger.grants()) {
    if (held.has(id) || !suspects.see(`grant ${id}`, tok)) continue;
    await ledger.release(id, tok);
    yield `gave back the bytes of ${id}`;
  }
}
