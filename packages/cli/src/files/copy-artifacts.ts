import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobId } from "@framequeue/contracts";
import type { Jobs } from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";
import { fileProblem } from "./file-problem.ts";

/**
 * Copies a job's artefacts into a folder and answers their names.
 *
 * @throws ProblemError where there is no room any more
 */
export async function copyArtifacts(
  jobs: Jobs,
  objects: ObjectStore,
  job: JobId,
  folder: string,
): Promise<string[]> {
  const { artifacts = {} } = (await jobs.result(job)) ?? {};
  for (const [name, { key }] of Object.entries(artifacts)) {
    const target = join(folder, name);
    await using copy = await objects.localCopy(key);
    await copyFile(copy.path, target).catch((error: unknown) => {
      throw fileProblem(error, target, "Free some space, or name another folder with --out.", {
        at: "--out",
      });
    });
  }
  return Object.keys(artifacts);
}
