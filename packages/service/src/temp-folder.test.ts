import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTempFolder, sweepTempFolders } from "./temp-folder.ts";

test("a folder goes with its task, and with the next start where its process was killed", async () => {
  const child = spawn("sleep", ["1000"]);
  const exited = once(child, "exit");
  const living = join(tmpdir(), `fq-sweeper-${child.pid}-x`);
  const other = join(tmpdir(), `fq-other-${child.pid}-x`);
  for (const folder of [living, other]) {
    await mkdir(folder);
    await writeFile(join(folder, "file"), "1");
  }
  try {
    {
      await using own = await openTempFolder("sweeper");
      assert.ok(existsSync(own.path));
      await sweepTempFolders("another");
      assert.ok(existsSync(own.path));
    }
    await sweepTempFolders("sweeper");
    assert.ok(existsSync(living), "its process is there");
    child.kill("SIGKILL");
    await exited;
    await sweepTempFolders("sweeper");
    assert.ok(!existsSync(living));
    assert.ok(existsSync(other), "another service's");
  } finally {
    child.kill("SIGKILL");
    await rm(other, { recursive: true });
  }
});
