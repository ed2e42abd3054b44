import {
  type JobId,
  type PartManifest,
  partManifestSchema,
  type PartRow,
  partSchema,
} from "@framequeue/contracts";
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
  for await (const ref of listParts(objects, listed.roll, listed.parts ?? [])) {
    yield* partSchema.parse(await readJson(objects, ref)).rows;
  }
}

/**
 * The parts of a job in order: those of the manifests up to `roll`, then those since. The chain is read from its end and
 * then once more from its start, because there is a name for every other second of video.
 */
export async function* listParts(
  objects: ObjectStore,
  roll: string,
  since: readonly string[],
): AsyncGenerator<string> {
  const chain: string[] = [];
  for (let ref = roll; ref !== "";) {
    chain.push(ref);
    ref = (await readManifest(objects, ref)).previous;
  }
  for (const ref of chain.toReversed()) yield* (await readManifest(objects, ref)).parts;
  yield* since;
}

async function readManifest(objects: ObjectStore, ref: string): Promise<PartManifest> {
  return partManifestSchema.parse(await readJson(objects, ref));
}

async function readJson(objects: ObjectStore, ref: string): Promise<unknown> {
  return JSON.parse((await objects.get(ref)).toString());
}
