import type { JobId, JobResult } from "@framequeue/contracts";
import { deriveFormat, type KeptFormat } from "@framequeue/outputs";
import { type DerivedFile, jobNotFound } from "@framequeue/pipeline";
import type { ApiDeps } from "../deps.ts";
import { inTime } from "../http/deadline.ts";

/** So long a request waits for what it has made. Most is made sooner. */
const WAIT_MS = 3_000;

/**
 * A file that is made of a job's results where it was not made before.
 *
 * @param asked options of the format, from the query
 * @returns undefined where it is being made
 * @throws ProblemError `not-found`, `invalid-request`, `result-damaged`, or why it could not be made
 */
export async function derivedResult(
  { jobs, derivations }: Pick<ApiDeps, "jobs" | "derivations">,
  result: JobResult,
  format: KeptFormat,
  asked: unknown,
): Promise<DerivedFile | undefined> {
  const id: JobId = result.job;
  const accepted = await inTime(jobs.accepted(id));
  if (accepted === undefined) throw jobNotFound(id);
  const derivation = deriveFormat(result, accepted.models, format, asked);
  const { name, options, input } = derivation;
  const made = await inTime(derivations.find(id, name));
  if (made !== undefined) return made;
  await jobs.checkArtifact(id, input.file, input.artifact);
  await inTime(
    derivations.ask({ v: 1, job: id, name, kind: "format", format: format.name, options }),
  );
  return await derivations.wait(id, name, WAIT_MS);
}
