import { open, readFile, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ProblemError, summarySchema } from "@framequeue/contracts";
import { claimFolder, type FolderClaim, FolderTaken } from "@framequeue/lifetime";
import { namesMade } from "@framequeue/outputs";
import { fileProblem } from "./file-problem.ts";
import { makeFolders } from "../system/make-folders.ts";

/** Whose results a folder may have. */
export type ResultsOf =
  | {
      readonly tool: "analyze";
      /** Of the video; asked for only where there are results that may be another's. */
      readonly sha256: () => Promise<string>;
    }
  | { readonly tool: "demo" };

export interface OutFolderOptions {
  readonly path: string;
  readonly of: ResultsOf;
  /** Results of another video or tool go. */
  readonly replace?: boolean;
}

/** A folder of results that this command alone writes to, and that was tried. */
export interface OutFolder extends AsyncDisposable {
  readonly path: string;
  /** For files that are not finished: beside the results, and gone with the claim. */
  readonly work: string;
  /**
   * Puts the files of these names from `work` in place of all former results, and answers their paths. Whatever ends the
   * process meanwhile, the folder holds nothing of two videos that passes for one's.
   */
  publish(names: readonly string[]): Promise<Record<string, string>>;
}

/** What the demo leaves beside a job's results. */
export const DEMO_FILES = [
  "seqinfo.ini",
  "scene.mp4",
  "gt.txt",
  "labels.txt",
  "scores.json",
] as const;

/** Every name that a tool of ours gives a result: those that go when new ones come, and nobody else's. */
const NAMES: readonly string[] = [...namesMade("results", "end", "render"), ...DEMO_FILES];
/** Say whose results the others are: the first to go and the last to come, so that they never stand beside another's. */
const TELLING = ["summary.json", "seqinfo.ini"] as const;
const CLAIM = ".framequeue";
const REMEDY = "Name another folder with --out.";
/** What must fit at least. A full disk says so here, not after hours. */
const TRIAL_BYTES = 1 << 16;

/**
 * Makes the folder, tries it, and holds it until it is disposed of; a folder that was made for nothing goes again.
 *
 * @throws ProblemError that names the folder where it cannot be written, has no room, is being written by another
 * command, or holds the results of another video or tool
 */
export async function openOutFolder({
  path,
  of,
  replace = false,
}: OutFolderOptions): Promise<OutFolder> {
  await using resources = new AsyncDisposableStack();
  try {
    const made = await makeFolders(path);
    if (made !== undefined) resources.defer(() => removeEmpty(path, made));
    const { path: work } = resources.use(await claim(path));
    await tryOut(join(work, "trial"));
    if (!replace) await refuseOthers(path, of);
    const held = resources.move();
    return {
      path,
      work,
      publish: (names) => publish(path, work, names),
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  } catch (error) {
    throw fileProblem(error, path, REMEDY, { at: "--out" });
  }
}

async function claim(path: string): Promise<FolderClaim> {
  try {
    return await claimFolder(path, CLAIM);
  } catch (error) {
    if (!(error instanceof FolderTaken)) throw error;
    throw new ProblemError(
      "invalid-request",
      `Another command (process ${error.holder.pid}) writes to ${path}. Wait for it, or name another folder with --out.`,
      { at: "--out" },
    );
  }
}

async function tryOut(path: string): Promise<void> {
  await using file = await open(path, "w");
  await file.writeFile(Buffer.alloc(TRIAL_BYTES));
  // Some file systems say only now that there is no room.
  await file.sync();
}

async function refuseOthers(path: string, of: ResultsOf): Promise<void> {
  const present = await presentIn(path);
  if (present.length === 0) return;
  const refuse = (what: string): never => {
    throw new ProblemError(
      "invalid-request",
      `${path} holds ${what}. Name another folder with --out, or replace what is there with --replace.`,
      { at: "--out" },
    );
  };
  const isDemo = /^name=demo-/m.test(await textOf(join(path, "seqinfo.ini")));
  if (of.tool === "demo") {
    if (!isDemo) refuse(`files that are not the demo's: ${present.join(", ")}`);
    return;
  }
  if (isDemo) refuse("the results of a demo");
  const source = sourceOf(await textOf(join(path, "summary.json")));
  if (source === undefined) {
    refuse(
      `files of which nothing says that they are results of this video: ${present.join(", ")}`,
    );
  } else if (source.sha256 !== (await of.sha256())) {
    refuse(
      `the results of another video that was called ${source.name}, or of an earlier state of this one`,
    );
  }
}

async function presentIn(path: string): Promise<string[]> {
  const found = await Promise.all(
    NAMES.map((name) =>
      stat(join(path, name)).then(
        () => [name],
        () => [],
      ),
    ),
  );
  return found.flat();
}

function sourceOf(summary: string): { name: string; sha256: string } | undefined {
  try {
    return summarySchema.shape.source.parse(JSON.parse(summary).source);
  } catch {
    return undefined;
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

async function publish(
  path: string,
  work: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  try {
    const isTelling = (name: string): boolean => TELLING.some((each) => each === name);
    const order = names.toSorted((a, b) => Number(isTelling(a)) - Number(isTelling(b)));
    for (const name of [...TELLING, ...NAMES]) await rm(join(path, name), { force: true });
    for (const name of order) await rename(join(work, name), join(path, name));
    return Object.fromEntries(names.map((name) => [name, join(path, name)]));
  } catch (error) {
    throw fileProblem(error, path, REMEDY, { at: "--out" });
  }
}

/** From the folder up to the first that was made for it; none that has something in it. */
async function removeEmpty(path: string, made: string): Promise<void> {
  for (let folder = path; folder.length >= made.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}
