import type { JobId, PartManifest } from "@framequeue/contracts";
import { type Pipeline, putIntermediate, type TrackRun } from "@framequeue/pipeline";

/** Parts that the ledger lists by name before they move into a manifest object, so that its size stays bounded. */
const LISTED_PARTS = 64;

/** Moves the listed parts into a manifest once they are many. */
export async function rollUpParts(
  { ledger, objects }: Pick<Pipeline, "ledger" | "objects">,
  job: JobId,
  epoch: string,
  run: Pick<TrackRun, "parts" | "roll">,
): Promise<void> {
  if (run.parts < LISTED_PARTS) return;
  const listed = await ledger.readParts(job, epoch);
  if (listed.a !== "ok" || listed.roll !== run.roll) return;
  const manifest: PartManifest = { v: 1, previous: listed.roll, parts: listed.parts ?? [] };
  const ref = await putIntermediate(objects, job, epoch, "manifest", JSON.stringify(manifest));
  await ledger.rollUp(job, epoch, listed.roll, manifest.parts.length, ref);
}
