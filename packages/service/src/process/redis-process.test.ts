import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startRedisProcess } from "./redis-process.ts";

test("nobody else sees the folder of a Redis, its socket and its files, also where it was open before", async () => {
  const above = await mkdtemp(join(tmpdir(), "fq-redis-"));
  const folder = join(above, "redis");
  try {
    for (const round of ["made", "opened"]) {
      await using redis = await startRedisProcess({ folder, persistent: true });
      void redis;
      const entries = await readdir(folder, { recursive: true });
      assert.ok(entries.includes("redis.sock") && entries.some((name) => name.endsWith(".aof")));
      for (const path of [folder, ...entries.map((name) => join(folder, name))]) {
        assert.equal((await stat(path)).mode & 0o077, 0, `${round}: ${path}`);
      }
      await chmod(folder, 0o755);
    }
  } finally {
    await rm(above, { recursive: true });
  }
});
