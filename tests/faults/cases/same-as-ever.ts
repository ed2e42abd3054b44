import type { FaultSite } from "../fault-site.ts";

/** What an undisturbed job of the long clip gives, by system. */
const calm = new WeakMap<FaultSite, Promise<string>>();

/**
 * Breaks something while a job of the long clip is at work; answers `same` where its results are those of an undisturbed
 * one, and else what came of it.
 */
export async function sameAsEver(
  site: FaultSite,
  breakIt: (job: string) => Promise<unknown>,
): Promise<string> {
  if (!calm.has(site)) calm.set(site, resultsOf(site, await site.submit(site.long)));
  const right = await calm.get(site)!;
  const job = await site.submit(site.long, { execution: { batchFrames: 2, segmentSeconds: 1 } });
  const { finishedAt } = await site.until(job, ({ progress }) => progress.tracked > 0);
  if (finishedAt !== undefined) return "it ended before anything could be broken";
  await breakIt(job);
  const results = await resultsOf(site, job);
  if (results === right) return "same";
  return results.length < 200 ? results : "other results";
}

async function resultsOf(site: FaultSite, job: string): Promise<string> {
  await site.ended(job);
  return site.results(job);
}
