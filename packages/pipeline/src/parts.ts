import { type JobId, partManifestSchema, type PartRow, partSchema } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
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
  for (const ref of await listParts(objects, listed.roll, listed.parts ?? [])) {
    yield* partSchema.parse(await readJson(objects, ref)).rows;
  }
}

/** The parts of a job in order: those of the manifests up to `roll`, then those since. */
export async function listParts(
  objects: ObjectStore,
  roll: string,
  since: readonly string[],
): Promise<string[]> {
  const manifests: string[][] = [];
  for (let ref = roll; ref !== "";) {
    const manifest = partManifestSchema.parse(await readJson(objects, ref));
    manifests.unshift(manifest.parts);
    ref = manifest.previous;
  }
  return [...manifests.flat(), ...since];
}

async function readJson(objects: ObjectStore, ref: string): Promise<unknown> {
  return JSON.parse((await objects.get(ref)).toString());
}
