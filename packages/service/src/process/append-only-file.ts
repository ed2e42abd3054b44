import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Cuts what a crash left unfinished from the end of Redis' append-only file, back to before the transaction that it is
 * in the middle of. Redis 7.0 itself cuts after the last whole command: it ignores the open transaction, but leaves it
 * in the file, appends behind it, and so the next start executes what this one ignored.
 */
export async function repairAppendOnlyFile(folder: string): Promise<void> {
  const manifest = join(folder, "appendonlydir", "appendonly.aof.manifest");
  if (!existsSync(manifest)) return;
  const check = spawn("redis-check-aof", ["--fix", manifest], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  // It asks before it cuts. One that has nothing to ask may be gone before it reads this.
  check.stdin.on("error", () => {});
  check.stdin.end("y\n");
  // What cannot be mended, or not for want of the tool, is for redis-server to judge.
  await once(check, "close").catch(() => {});
}
