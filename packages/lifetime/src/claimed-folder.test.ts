import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { claimFolder, FolderTaken } from "./claimed-folder.ts";

const INDEX = pathToFileURL(join(import.meta.dirname, "index.ts")).href;

test("one process at a time has a place, and a killed one does not keep it", async () => {
  const parent = await mkdtemp(join(tmpdir(), "fq-claims-"));
  try {
    {
      await using claim = await claimFolder(parent, ".work");
      await writeFile(join(claim.path, "half"), "1");
      await assert.rejects(claimFolder(parent, ".work"), FolderTaken);
      assert.deepEqual(await readdir(parent), [".work"], "the one that was refused left nothing");
    }
    assert.deepEqual(await readdir(parent), []);

    const script = `
      const { claimFolder } = await import(${JSON.stringify(INDEX)});
      await claimFolder(${JSON.stringify(parent)}, ".work");
      console.log("held"); process.stdin.resume();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    await once(createInterface({ input: child.stdout }), "line");
    try {
      await assert.rejects(
        claimFolder(parent, ".work"),
        (error) => error instanceof FolderTaken && error.holder.pid === child.pid,
      );
    } finally {
      child.kill("SIGKILL");
    }
    await exited;
    await using again = await claimFolder(parent, ".work");
    assert.ok(!(await readdir(again.path)).includes("half"));
  } finally {
    await rm(parent, { recursive: true });
  }
});

test("of many that want a place at once, one has it", async () => {
  const parent = await mkdtemp(join(tmpdir(), "fq-claims-"));
  try {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => claimFolder(parent, ".work")),
    );
    const won = outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    assert.equal(won.length, 1);
    for (const each of outcomes) {
      if (each.status === "rejected") assert.ok(each.reason instanceof FolderTaken, each.reason);
    }
    await won[0]![Symbol.asyncDispose]();
    assert.deepEqual(await readdir(parent), []);
  } finally {
    await rm(parent, { recursive: true });
  }
});

test("a folder of somebody else's is left alone", async () => {
  const parent = await mkdtemp(join(tmpdir(), "fq-claims-"));
  try {
    await mkdir(join(parent, ".work"));
    await writeFile(join(parent, ".work", "theirs"), "1");
    await assert.rejects(claimFolder(parent, ".work"), { code: "ENOTEMPTY" });
    assert.deepEqual(await readdir(join(parent, ".work")), ["theirs"]);
  } finally {
    await rm(parent, { recursive: true });
  }
});
