import { copyFile, mkdir, readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { ProblemError, type JobId } from "@framequeue/contracts";
import type { Jobs } from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";

/**
 * A folder for each video: its name without the extension, and a number behind it where two videos of one run share
 * a name.
 */
export function outFolders(out: string, videos: readonly string[]): string[] {
  const used = new Map<string, number>();
  return videos.map((video) => {
    const name = basename(video, extname(video)) || "video";
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return join(out, count === 1 ? name : `${name}-${count}`);
  });
}

/** Copies a job's artefacts into `folder` and answers their paths by file name. */
export async function copyArtifacts(
  jobs: Jobs,
  objects: ObjectStore,
  job: JobId,
  folder: string,
): Promise<Record<string, string>> {
  const result = await jobs.result(job);
  if (result === undefined) return {};
  await mkdir(folder, { recursive: true });
  const paths: Record<string, string> = {};
  for (const [name, { key }] of Object.entries(result.artifacts)) {
    const target = join(folder, name);
    await using copy = await objects.localCopy(key);
    await copyFile(copy.path, target);
    paths[name] = target;
  }
  return paths;
}

/** Refuses a folder that is something else, before any work is done. */
export async function checkOutFolder(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
    await readdir(out);
  } catch (cause) {
    throw new ProblemError("invalid-request", `${out} cannot be used as a folder for results.`, {
      at: "--out",
      cause,
    });
  }
}
