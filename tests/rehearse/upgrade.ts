import { execFile, execFileSync } from "node:child_process";
import { rename, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { atExit } from "@framequeue/lifetime";
import { startChaosSystem } from "../chaos/chaos-system.ts";
import { untilClean } from "../chaos/leftovers.ts";
import { ask, restartAll } from "../chaos/rolling.ts";
import { openBook, openSources, PATIENCE_MS, type Say, Users } from "./site.ts";

const run = promisify(execFile);
const NEW = resolve(import.meta.dirname, "../..");

/**
 * Replaces every process of an older version by one of this, and back again, while ten users have jobs running.
 *
 * @param revision of the older version, as git names it
 * @returns what was not as it should be
 */
export async function rehearseUpgrade(
  folder: string,
  revision: string,
  say: Say,
  signal: AbortSignal,
): Promise<string[]> {
  const old = join(folder, "old version");
  // What a killed rehearsal left of its own is forgotten: its folder is gone.
  await run("git", ["-C", NEW, "worktree", "prune"]);
  await run("git", ["-C", NEW, "worktree", "add", "--detach", old, revision]);
  const remove = ["-C", NEW, "worktree", "remove", "--force", old];
  using resources = new DisposableStack();
  resources.use(atExit(() => void execFileSync("git", remove)));
  try {
    say(`setting up ${revision}`);
    await run("sh", ["scripts/setup.sh"], { cwd: old, signal });
    const { path, subjects } = await openSources(folder);
    const current = join(folder, "current");
    await symlink(old, current);
    await using system = await startChaosSystem(folder, path, { apis: 2, root: current });
    const book = openBook(system, subjects, say, signal, []);
    await book.learn();
    await using questions = ask(system, () => book.running.keys());
    for (const [what, version] of [
      ["upgrade", NEW],
      ["rollback", old],
    ] as const) {
      const users = new Users(book, 1);
      await users.busy(system, signal);
      say(`${what} with ${book.running.size} jobs running`);
      await link(current, version);
      await restartAll(system);
      say(`${what}: every process is of ${version === old ? revision : "this version"}`);
      await users.end();
      signal.throwIfAborted();
      say(`${what}: ${book.jobs} jobs so far, ${book.wrong.length} wrong`);
    }
    const { faults, answers } = await questions.stop();
    say(`${answers} answers of the API`);
    return [...book.wrong, ...faults, ...(await untilClean(system, PATIENCE_MS))];
  } finally {
    await run("git", remove);
  }
}

/** Without a moment at which there is none. */
async function link(path: string, target: string): Promise<void> {
  await symlink(target, `${path}.next`);
  await rename(`${path}.next`, path);
}
