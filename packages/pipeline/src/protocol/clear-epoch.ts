import type { JobId } from "@framequeue/contracts";
import type { Ports } from "../ports.ts";

/** Deletes the pixels of an epoch that is over, and gives their bytes back. Its objects stay until the job ends. */
export async function clearEpoch(
  { frames, ledger }: Pick<Ports, "frames" | "ledger">,
  job: JobId,
  epoch: string,
): Promise<void> {
  await frames.deletePrefix(`${job}/${epoch}`);
  await ledger.releaseAll(`${job}/${epoch}/`);
}
