import { setTimeout as sleep } from "node:timers/promises";
import { startBystander, type Calm } from "./bystander.ts";
import type { FaultCase, Played } from "./fault-case.ts";
import { type FaultSite, isRoot } from "./fault-site.ts";

/** After which a case counts as hanging. */
const PATIENCE_MS = 180_000;
const HANGS = "nothing";

export interface PlayOptions {
  readonly onPlayed?: (played: Played) => void;
  readonly signal?: AbortSignal;
}

/** Plays the cases one after the other on one system. Those that this user cannot bring about are left out. */
export async function play(
  site: FaultSite,
  cases: readonly FaultCase[],
  { onPlayed, signal }: PlayOptions = {},
): Promise<Played[]> {
  const job = await site.submit(site.clip);
  await site.ended(job);
  const calm: Calm = { job, results: await site.results(job) };
  const played: Played[] = [];
  for (const each of cases) {
    if (each.root && !isRoot) continue;
    signal?.throwIfAborted();
    const row = await playOne(site, each, calm);
    played.push(row);
    onPlayed?.(row);
  }
  return played;
}

async function playOne(site: FaultSite, each: FaultCase, calm: Calm): Promise<Played> {
  const began = performance.now();
  site.forgetSaid();
  const giveUp = new AbortController();
  const bystander = await startBystander(site, calm, { mayBeDown: each.down ?? false });
  const cameBack = await within(
    each.play(site, giveUp.signal).catch((error: unknown) => `an error: ${String(error)}`),
    HANGS,
  );
  giveUp.abort();
  if (cameBack === HANGS) await cancelAll(site);
  const { others, lost } = await within(bystander.end(), {
    others: "not served",
    lost: ["a job beside it hangs"],
  });
  return {
    case: each,
    cameBack,
    lost: lost.length === 0 ? "nothing" : lost.join("; "),
    others,
    holds: each.wants.test(cameBack) && lost.length === 0,
    seconds: (performance.now() - began) / 1_000,
  };
}

/** So that what hangs in one case is in the way of no other. */
async function cancelAll(site: FaultSite): Promise<void> {
  const { body } = await site.ask("/v1/jobs?limit=100").catch(() => ({ body: undefined }));
  for (const { id, finishedAt } of body?.jobs ?? []) {
    if (finishedAt !== undefined) continue;
    await site.ask(`/v1/jobs/${id}/cancel`, { method: "POST" }).catch(() => {});
  }
}

function within<T>(work: Promise<T>, otherwise: T): Promise<T> {
  return Promise.race([work, sleep(PATIENCE_MS, otherwise, { ref: false })]);
}
