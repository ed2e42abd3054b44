import {
  type AcceptedJob,
  type JobId,
  ProblemError,
  type StoredSource,
} from "@framequeue/contracts";
import {
  getSealed,
  ObjectDamaged,
  ObjectNotFound,
  type ObjectStore,
  putSealed,
} from "@framequeue/storage";
import { z } from "zod";
import { objectKeys } from "../ledger/keys.ts";

// A source's address may hold a password, or a signature in its query. What is accepted is kept for as long as the job,
// so it has the address without them; the whole one lies beside it for as long as it is needed, and is only ever deleted.

const addressSchema = z.object({ v: z.literal(1), url: z.string() });

/** The job as it is kept: where its source's address holds secrets, without them. */
export function withoutSecrets(job: AcceptedJob): AcceptedJob {
  const { source } = job;
  if (source.kind !== "url") return job;
  const url = new URL(source.url);
  if (url.username + url.password + url.search + url.hash === "") return job;
  [url.username, url.password, url.search, url.hash] = ["", "", "", ""];
  return { ...job, source: { ...source, url: url.href } };
}

/** Keeps the whole address of a job's source, where the accepted job does not have it. */
export async function putAddress(objects: ObjectStore, job: AcceptedJob): Promise<void> {
  if (job.source.kind !== "url" || withoutSecrets(job) === job) return;
  const { url } = job.source;
  await putSealed(objects, objectKeys.address(job.id), { v: 1, url }, { durable: true });
}

/**
 * The whole address of the source; that of the accepted job where none was kept beside it.
 *
 * @throws ProblemError `source-not-found` where it was kept and is damaged
 */
export async function readAddress(
  objects: ObjectStore,
  job: JobId,
  source: Extract<StoredSource, { kind: "url" }>,
): Promise<string> {
  try {
    return addressSchema.parse(await getSealed(objects, objectKeys.address(job))).url;
  } catch (error) {
    if (error instanceof ObjectNotFound) return source.url;
    if (!(error instanceof ObjectDamaged || error instanceof z.ZodError)) throw error;
    throw new ProblemError(
      "source-not-found",
      "The address of the source, as it was kept until the source is fetched, is damaged. Submit the job again.",
      { at: "source" },
    );
  }
}

/** Nothing can want the address any more: the source is there, or will never be. */
export async function forgetAddress(objects: ObjectStore, job: JobId): Promise<void> {
  await objects.delete(objectKeys.address(job));
}
