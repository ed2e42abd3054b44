import { join } from "node:path";
import { type DerivationTask, ProblemError } from "@framequeue/contracts";
import { openTempFolder } from "@framequeue/lifetime";
import { deriveFormat, requestedFormat, writeDerivation } from "@framequeue/outputs";
import { objectKeys, type Pipeline } from "@framequeue/pipeline";
import { ArtifactWriter } from "../results/artifact-writer.ts";

/**
 * Makes a file in another format of what a job left. Comes again after a kill, and then makes the same; does nothing where
 * it is there already, or where the job is gone or left something else meanwhile.
 */
export async function deriveFile(
  { jobs, objects, derivations }: Pipeline,
  task: DerivationTask,
  signal: AbortSignal,
): Promise<void> {
  const { job, name } = task;
  const accepted = await jobs.accepted(job);
  if (accepted === undefined) {
    await derivations.clear(job);
    return;
  }
  const result = await jobs.result(job);
  const format = requestedFormat(task.format);
  if (result === undefined || format === undefined) return;
  const derivation = deriveFormat(result, accepted.models, format, task.options);
  if (derivation.name !== name || (await derivations.find(job, name)) !== undefined) return;
  const { file, artifact } = derivation.input;
  await jobs.checkArtifact(job, file, artifact);
  // What a process left that was killed while it put the file.
  for await (const left of objects.unfinished(objectKeys.derived(job))) await left.discard();

  await using folder = await openTempFolder("derive");
  await using writer = await ArtifactWriter.open(join(folder.path, format.name));
  await writeDerivation(
    derivation,
    { read: (key) => interrupted(objects.read(key), signal) },
    writer,
  );
  const kept = await writer.store(objects, (sha256) =>
    objectKeys.derivedFile(job, name, format.name, sha256),
  );
  await derivations.keep(task, kept);
}

/** Ends with the service. */
async function* interrupted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    if (signal.aborted) throw new ProblemError("shutting-down", "The service is stopping.");
    yield chunk;
  }
}
