import { type JobId, partManifestSchema, type PartRow, partSchema } from "@framequeue/contracts";
import type { Pipeline } from "./pipeline.ts";

/**
 * Every tracked row of a job, in order of frames: the manifests from the first to the last, then the parts since.
 * Holds one part at a time. Ends early, without an error, when the job is gone.
 */
export async function* readRows(
  { ledger, objects }: Pick<Pipeline, "ledger" | "objects">,
  job: JobId,
  epoch: string,
): AsyncGenerator<PartRow> {
  const listed = await ledger.readParts(job, epoch);
  if (listed.a !== "ok") return;
  const json = async (ref: string): Promise<unknown> =>
    JSON.parse((await objects.get(ref)).toString());

  const manifests: string[][] = [];
  for (let ref = listed.roll; ref !== "";) {
    const manifest = partManifestSchema.parse(await json(ref));
    manifests.unshift(manifest.parts);
    ref = manifest.previous;
  }
  for (const parts of [...manifests, listed.parts ?? []]) {
    for (const ref of parts) yield* partSchema.parse(await json(ref)).rows;
  }
}
