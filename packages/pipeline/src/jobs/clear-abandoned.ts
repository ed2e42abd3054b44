import type { JobId } from "@framequeue/contracts";
import type { ObjectStore } from "@framequeue/storage";
import { objectKeys } from "../ledger/keys.ts";
import type { RepairStep } from "../reconcile/reconcile-job.ts";
import type { Standstill } from "../queues/standstill.ts";

/**
 * So long nothing of an upload, or of any other put, stands still that goes on: whoever sends gives at least some KiB a
 * second, and a part of an upload in parts is 8 MiB.
 */
export const ABANDONED_MS = 2 * 3_600_000;

export interface AbandonedDeps {
  readonly objects: Pick<ObjectStore, "list" | "stat" | "unfinished" | "deletePrefix">;
  readonly standstill: Standstill;
  readonly abandonedMs: number;
}

/**
 * Clears away what the upload of a job left whose process was killed before the job was accepted: its source, whole or
 * in part. So goes what was made of a job's results while it was deleted. A job of which there is anything else was accepted once, and its record may come back from a backup.
 */
export async function* clearAbandonedUpload(
  { objects, standstill, abandonedMs }: AbandonedDeps,
  job: JobId,
): AsyncGenerator<RepairStep> {
  const sources = objectKeys.sources(job);
  const keys = await Array.fromAsync(objects.list(objectKeys.job(job)));
  const derived = objectKeys.derived(job);
  const isLeft = (key: string): boolean =>
    key.startsWith(`${sources}/`) || key.startsWith(`${derived}/`);
  if (!keys.every(isLeft)) return;
  const begun = await Array.fromAsync(objects.unfinished(objectKeys.job(job)));
  const states = begun.map(({ name, state }) => `${name} ${state}`);
  if (standstill.of(job, [...keys, ...states].sort().join("\n")) < abandonedMs) return;
  if ((await objects.stat(objectKeys.accepted(job))) !== undefined) return; // at this moment
  for (const each of begun) await each.discard();
  await objects.deletePrefix(sources);
  await objects.deletePrefix(derived);
  yield `cleared away what the upload of ${job} left, which was never accepted`;
}

/** The same for models: what a process left that was killed while it put one into the store. */
export async function* clearAbandonedModels({
  objects,
  standstill,
  abandonedMs,
}: AbandonedDeps): AsyncGenerator<RepairStep> {
  for await (const begun of objects.unfinished("models")) {
    const name = `models/${begun.name}`;
    if (standstill.of(name, begun.state) < abandonedMs) continue;
    await begun.discard();
    yield `cleared away ${name}, which was never finished`;
  }
}

/** Takes away what killed processes had begun to write for a job that is over, so that nobody writes there any more. */
export async function discardUnfinished(
  objects: Pick<ObjectStore, "unfinished">,
  job: JobId,
): Promise<void> {
  for (const prefix of [
    objectKeys.sources(job),
    objectKeys.artifacts(job),
    objectKeys.derived(job),
  ]) {
    for await (const each of objects.unfinished(prefix)) await each.discard();
  }
}
