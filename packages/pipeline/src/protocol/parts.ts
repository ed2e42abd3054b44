import {
  type JobId,
  type Part,
  type PartManifest,
  partManifestSchema,
  type PartRow,
  partSchema,
} from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import type { Ports } from "../ports.ts";
import { readIntermediateJson, unlessLost } from "./intermediates.ts";

/**
 * Every tracked row of a job, in order of frames: the manifests from the first to the last, then the parts since.
 * Holds one part at a time. Ends early, without an error, when the job is gone.
 *
 * @throws IntermediateLost
 */
export async function* readRows(
  { ledger, objects }: Pick<Ports, "ledger" | "objects">,
  job: JobId,
  epoch: string,
): AsyncGenerator<PartRow> {
  const listed = await ledger.readParts(job, epoch);
  if (listed.a !== "ok") return;
  for await (const ref of listParts(objects, listed.roll, listed.parts ?? [])) {
    yield* (await readPart(objects, ref)).rows;
  }
}

/**
 * The parts of a job in order: those of the manifests up to `roll`, then those since. The chain is read from its end and
 * then once more from its start, because there is a name for every other second of video.
 *
 * @throws IntermediateLost
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

/** The parts of a job in order as far as they can be read: `lost` stands for one or several that cannot. */
export async function* partsLeft(
  objects: ObjectStore,
  roll: string,
  since: readonly string[],
): AsyncGenerator<Part | "lost"> {
  const chain: string[] = [];
  for (let ref = roll; ref !== "";) {
    const manifest = await unlessLost(readManifest(objects, ref));
    if (manifest === undefined) {
      yield "lost";
      break;
    }
    chain.push(ref);
    ref = manifest.previous;
  }
  for (const ref of chain.toReversed()) {
    const manifest = await unlessLost(readManifest(objects, ref));
    yield* manifest === undefined ? ["lost" as const] : existing(objects, manifest.parts);
  }
  yield* existing(objects, since);
}

async function* existing(
  objects: ObjectStore,
  refs: readonly string[],
): AsyncGenerator<Part | "lost"> {
  for (const ref of refs) yield (await unlessLost(readPart(objects, ref))) ?? "lost";
}

/** @throws IntermediateLost */
function readPart(objects: ObjectStore, ref: string): Promise<Part> {
  return readIntermediateJson(objects, ref, partSchema);
}

function readManifest(objects: ObjectStore, ref: string): Promise<PartManifest> {
  return readIntermediateJson(objects, ref, partManifestSchema);
}
