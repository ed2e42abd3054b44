import { chown, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { newJobId } from "@framequeue/contracts";
import type { FaultCase } from "../fault-case.ts";
import { type FaultSite, isRoot } from "../fault-site.ts";

/** Nobody of ours. */
const STRANGER = 12_345;
/** Of the reconciler: what it deletes it has seen twice. */
const PASSES_MS = 4_000;

async function plant(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "precious");
  if (isRoot) await chown(path, STRANGER, STRANGER);
  return path;
}

/** Waits for the reconciler, and for the end of a job; answers what is left of the files. */
async function afterPasses(site: FaultSite, paths: readonly string[]): Promise<string> {
  await sleep(PASSES_MS);
  await site.ended(await site.submit(site.clip));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "gone")));
  return texts.every((text) => text === "precious") ? "all there" : texts.join(", ");
}

export const DELETING: readonly FaultCase[] = [
  {
    kind: "deleting",
    what: "files of another user lie four folders deep in the folder for pixels",
    wants: /^all there$/,
    quick: true,
    async play(site) {
      const names = ["photos/2024/summer/beach.jpg", `${newJobId()}/e/0.0/a`, "notes.txt"];
      return afterPasses(
        site,
        await Promise.all(names.map((name) => plant(join(site.framesDir, name)))),
      );
    },
  },
  {
    kind: "deleting",
    what: "a link in the folder for pixels leads to files of another user",
    wants: /^all there$/,
    async play(site) {
      const precious = join(site.folder, "precious");
      const paths = [
        await plant(join(precious, "e/0.0/a")),
        await plant(join(precious, "a/b/c")),
        await plant(join(precious, "file")),
      ];
      await symlink(precious, join(site.framesDir, newJobId()));
      await symlink(precious, join(site.framesDir, "photos")).catch(() => {});
      return afterPasses(site, paths);
    },
  },
  {
    kind: "deleting",
    what: "a link in the folder of a job leads to files of another user, and the job is deleted",
    wants: /^delete 20\d, all there$/,
    async play(site) {
      const precious = join(site.folder, "valuable");
      const path = await plant(join(precious, "part/a"));
      const job = await site.submit(site.clip);
      await site.ended(job);
      const work = join(site.objectsDir, "jobs", job, "work");
      await rm(work, { recursive: true, force: true });
      await symlink(precious, work);
      const { status } = await site.ask(`/v1/jobs/${job}`, { method: "DELETE" });
      return `delete ${status}, ${await afterPasses(site, [path])}`;
    },
  },
  {
    kind: "deleting",
    what: "folders among temporary files are called like ours when a service starts",
    wants: /^all there$/,
    async play(site) {
      const paths = await Promise.all(
        ["fq-notes-abcdef/file", "fq-copies-123456/file"].map((name) =>
          plant(join(site.temp, name)),
        ),
      );
      await site.powerCut();
      const left = await afterPasses(site, paths);
      for (const path of paths) await rm(dirname(path), { recursive: true });
      return left;
    },
    down: true,
  },
];
