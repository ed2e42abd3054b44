import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startChaosSystem } from "../chaos/chaos-system.ts";
import type { ChaosRedis } from "../chaos/chaos-redis.ts";
import { untilClean } from "../chaos/leftovers.ts";
import { openBook, openSources, PATIENCE_MS, type Say, Users } from "./site.ts";

/**
 * Copies Redis' file and then the objects while ten users have jobs running, loses everything a little later, and starts
 * another system from the copies: every job that was accepted before ends there as it should.
 *
 * @returns what was not as it should be
 */
export async function rehearseBackup(
  folder: string,
  say: Say,
  signal: AbortSignal,
): Promise<string[]> {
  const { path, subjects } = await openSources(folder);
  signal.throwIfAborted();
  const [lost, backup] = [join(folder, "lost"), join(folder, "restored")];
  for (const each of [lost, backup]) await mkdir(each);
  {
    await using system = await startChaosSystem(lost, path);
    const book = openBook(system, subjects, say, signal);
    await book.learn();
    const users = new Users(book, 1);
    await users.busy(system, signal);
    say(`backup with ${book.running.size} jobs running`);
    await copyRedis(system.redis, lost, backup);
    await cp(join(lost, "objects"), join(backup, "objects"), { recursive: true, filter: whole });
    say("copied; the first system goes on, and then all of it is lost");
    await users.end();
    signal.throwIfAborted();
    if (book.wrong.length > 0) return book.wrong;
  }
  await rm(lost, { recursive: true });

  await using system = await startChaosSystem(backup, path);
  const book = openBook(system, subjects, say, signal);
  await book.learn();
  const timer = setTimeout(() => book.giveUp(), PATIENCE_MS);
  await book.followStrays();
  clearTimeout(timer);
  await book.close();
  say(`${book.jobs} jobs of the first system ended in the second`);
  return [...book.wrong, ...(await untilClean(system, signal.aborted ? 0 : PATIENCE_MS))];
}

/** While Redis runs: its append-only file is several files, which stay what they are as long as it rewrites none. */
async function copyRedis({ operator }: ChaosRedis, from: string, to: string): Promise<void> {
  await operator.config("SET", "auto-aof-rewrite-percentage", "0");
  while (!/aof_rewrite_in_progress:0/.test(await operator.info("persistence"))) await sleep(100);
  await mkdir(join(to, "redis"));
  const name = "appendonlydir";
  await cp(join(from, "redis", name), join(to, "redis", name), { recursive: true });
  await operator.config("SET", "auto-aof-rewrite-percentage", "100");
}

/** Objects that are half written have another name, and are gone a moment later. */
function whole(path: string): boolean {
  return !path.endsWith("~");
}
