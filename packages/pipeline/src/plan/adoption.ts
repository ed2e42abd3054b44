import {
  type InferredBatch,
  inferredBatchSchema,
  type JobId,
  parseBatchKey,
} from "@framequeue/contracts";
import { type ObjectStore, putSealed } from "@framequeue/storage";
import { z } from "zod";
import { readIntermediate, readSealedJson, unlessLost } from "../protocol/intermediates.ts";
import { objectKeys } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { partsLeft } from "../protocol/parts.ts";
import { type KeptPlan, planSchema, readPlan } from "./plan.ts";

/** What a run that did not end as it should leaves for the next one. */
const keptSchema = z.object({
  v: z.literal(1),
  epoch: z.string(),
  roll: z.string(),
  parts: z.array(z.string()),
  /** Batches with results that were not tracked. */
  batches: z.array(inferredBatchSchema),
  /** So many segments, from the first, were decoded to their end without complaint and tracked. */
  ended: z.int(),
});
type Kept = z.infer<typeof keptSchema>;

const adoptedSchema = z.object({
  v: z.literal(1),
  /** These are all batches of the segment, and nothing of it is missing: it need not be decoded. */
  whole: z.boolean(),
  batches: z.array(inferredBatchSchema),
});
/** What a run adopts for one segment, in order. */
export type Adopted = z.infer<typeof adoptedSchema>;

/**
 * Writes down what another run, or another epoch, can adopt of a job as it stands.
 *
 * @param epoch the job must stand in; any where it is absent
 * @returns the object's key, if there is anything
 */
export async function keepWork(
  { ledger, objects }: { readonly ledger: Pick<Ledger, "keep">; readonly objects: ObjectStore },
  job: JobId,
  epoch?: string,
): Promise<string | undefined> {
  const kept = await workSoFar(ledger, job);
  if (kept === undefined || (epoch ?? kept.epoch) !== kept.epoch) return undefined;
  const key = objectKeys.kept(job, kept.epoch);
  await putSealed(objects, key, kept, { durable: true });
  return key;
}

/** Who adopts what the epoch left tracks from the start. */
export async function deleteCheckpoints(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
): Promise<void> {
  await objects.deletePrefix(objectKeys.checkpoints(job, epoch));
}

async function workSoFar(ledger: Pick<Ledger, "keep">, job: JobId): Promise<Kept | undefined> {
  const found = await ledger.keep(job);
  if (found.a === "none") return undefined;
  const { ep, roll, parts = [], batches = [], ended } = found;
  return { v: 1, epoch: ep, roll, parts, batches, ended };
}

/**
 * Lets `next`, an epoch that is cut as `epoch` is, go on from what that one has results for.
 *
 * @returns whether there is anything
 */
export async function adoptSoFar(
  { ledger, objects }: { readonly ledger: Pick<Ledger, "keep">; readonly objects: ObjectStore },
  job: JobId,
  epoch: string,
  plan: KeptPlan,
  next: string,
): Promise<boolean> {
  const kept = await workSoFar(ledger, job);
  if (kept?.epoch !== epoch) return false;
  await adopt(objects, job, kept, plan, next);
  return true;
}

/**
 * Lets `epoch` adopt what an earlier run kept, if that was cut from the same bytes in the same way: writes an object
 * per segment, and answers the plan that goes with them. Undefined where there is nothing to adopt. Holds one segment's
 * batches at a time.
 */
export async function adoptKept(
  objects: ObjectStore,
  job: JobId,
  keptKey: string,
  epoch: string,
  fresh: KeptPlan,
): Promise<KeptPlan | undefined> {
  const kept = await unlessLost(readSealedJson(objects, keptKey, keptSchema));
  const plan = kept && (await unlessLost(readPlan(objects, job, kept.epoch)));
  if (kept === undefined || plan === undefined || !sameWork(plan, fresh)) return undefined;
  await adopt(objects, job, kept, plan, epoch);
  return { ...plan, source: fresh.source, adopts: true };
}

/** Writes an object per segment of `plan`, by which what is kept was made, for `epoch` to adopt. */
async function adopt(
  objects: ObjectStore,
  job: JobId,
  kept: Kept,
  plan: KeptPlan,
  epoch: string,
): Promise<void> {
  const left = Map.groupBy(kept.batches, ({ k }) => parseBatchKey(k).segment);
  const write = async (segment: number, tracked: readonly InferredBatch[]): Promise<void> => {
    // What this run did not come to, it may itself have adopted from the one before.
    const before = plan.adopts ? await readAdopted(objects, job, kept.epoch, segment) : undefined;
    const all = [...(before?.batches ?? []), ...tracked, ...(left.get(segment) ?? [])];
    const batches = await withExistingResults(objects, bestOf(all));
    const ended = (isComplete && segment < kept.ended) || before?.whole === true;
    const whole =
      ended && batches.every((batch, i) => parseBatchKey(batch.k).batch === i && isDone(batch));
    const adopted: Adopted = { v: 1, whole, batches };
    await putSealed(objects, objectKeys.adopted(job, epoch, segment), adopted);
  };
  let segment = 0;
  let isComplete = true;
  let tracked: InferredBatch[] = [];
  for await (const part of partsLeft(objects, kept.roll, kept.parts)) {
    if (part === "lost") {
      // Nobody knows of which batches it told, and so not whether the segment has others behind those that are known.
      isComplete = false;
      continue;
    }
    for (const batch of part.batches) {
      for (; segment < parseBatchKey(batch.k).segment; segment++, tracked = []) {
        await write(segment, tracked);
      }
      isComplete = true;
      tracked.push(batch);
    }
  }
  for (; segment < plan.segments.length; segment++, tracked = []) await write(segment, tracked);
}

/** Undefined where nothing was adopted for the segment, or nobody can tell any more what. */
export async function readAdopted(
  objects: ObjectStore,
  job: JobId,
  epoch: string,
  segment: number,
): Promise<Adopted | undefined> {
  const key = objectKeys.adopted(job, epoch, segment);
  return unlessLost(readSealedJson(objects, key, adoptedSchema));
}

/** Whether two plans cut the same frames into the same batches, for the same model, on the same kind of device. */
function sameWork(a: KeptPlan, b: KeptPlan): boolean {
  const cut = (plan: KeptPlan): string => {
    // Parsed, so that keys stand in one order.
    const { sourceSha256, media, frame, batchFrames, minScore, labels, numeric } =
      planSchema.parse(plan);
    // Not the shape of the tensors: what goes on does so with the adopted plan's.
    const device = numeric?.class ?? null;
    return JSON.stringify([sourceSha256, media, frame, batchFrames, minScore, labels, device]);
  };
  // One that fell back to a single segment is cut so again, whatever the fresh plan would try first.
  const segments = ({ mode, segments }: KeptPlan): string =>
    mode === "sequential"
      ? ""
      : JSON.stringify(segments.map(({ timesName: _, ...segment }) => segment));
  return cut(a) === cut(b) && ["", segments(b)].includes(segments(a));
}

/** One of each batch, in order: of several, the one with results for the most frames. */
function bestOf(batches: readonly InferredBatch[]): InferredBatch[] {
  const best = new Map<number, InferredBatch>();
  for (const batch of batches) {
    const index = parseBatchKey(batch.k).batch;
    const other = best.get(index);
    if (other === undefined || framesDone(batch) >= framesDone(other)) best.set(index, batch);
  }
  return [...best].toSorted(([a], [b]) => a - b).map(([, batch]) => batch);
}

function framesDone({ ranges }: InferredBatch): number {
  return ranges.reduce((sum, { f, t, ref }) => sum + (ref === undefined ? 0 : t - f), 0);
}

function isDone({ ranges }: InferredBatch): boolean {
  return ranges.every(({ ref }) => ref !== undefined);
}

/** Intermediates are not written durably: what a power cut took, or a disk changed, is worked on again. */
async function withExistingResults(
  objects: ObjectStore,
  batches: readonly InferredBatch[],
): Promise<InferredBatch[]> {
  const isThere = async (ref: string): Promise<boolean> =>
    (await unlessLost(readIntermediate(objects, ref))) !== undefined;
  const checked: InferredBatch[] = [];
  for (const batch of batches) {
    const ranges = await Promise.all(
      batch.ranges.map(async ({ f, t, ref }) =>
        ref !== undefined && (await isThere(ref)) ? { f, t, ref } : { f, t },
      ),
    );
    checked.push({ ...batch, ranges });
  }
  return checked;
}
