import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { claimFolder, FolderTaken } from "./claimed-folder.ts";
import { ownMark, readMark } from "./process-mark.ts";

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

test("a process that a power cut took keeps no place, whoever has its number now", async () => {
  const parent = await mkdtemp(join(tmpdir(), "fq-claims-"));
  try {
    const { host, began } = ownMark();
    const marks = {
      "the first process of the system, before it was started again": JSON.stringify({
        ...{ host, pid: 1 },
        began: began === "" ? "" : "0b5f0c1e-0000-4000-8000-000000000000 1",
      }),
      "another process, since this start": JSON.stringify({ host, pid: process.ppid, began }),
      "a mark that was not on the disk yet": "",
      "one that was in part": '{"host":"',
      "one of which only the length was": "\0".repeat(90),
    };
    for (const [what, mark] of Object.entries(marks)) {
      // Where the system does not tell when a process began, its number is all there is.
      if (began === "" && mark.startsWith('{"host":"') && mark.endsWith("}")) continue;
      await mkdir(join(parent, ".work"));
      await writeFile(join(parent, ".work", ".framequeue-process"), mark);
      await using claim = await claimFolder(parent, ".work");
      const found = await readMark(claim.path);
      assert.deepEqual(found, ownMark(), what);
    }
  } finally {
    await rm(parent, { recursive: true });
  }
});

test("a mark that a later version wrote is kept, and so is what a link leads to", async () => {
  const parent = await mkdtemp(join(tmpdir(), "fq-claims-"));
  try {
    await mkdir(join(parent, ".work"));
    await writeFile(join(parent, ".work", ".framequeue-process"), '{"version":2}');
    await assert.rejects(claimFolder(parent, ".work"), { code: "ENOTEMPTY" });

    const precious = join(parent, "precious");
    await mkdir(precious);
    await writeFile(join(precious, ".framequeue-process"), "");
    await symlink(precious, join(parent, ".linked"));
    await assert.rejects(claimFolder(parent, ".linked"), { code: "ENOTDIR" });
    const dead = JSON.stringify({ ...ownMark(), pid: 2 ** 22 + 1 });
    await writeFile(join(precious, ".framequeue-process"), dead);
    await symlink(precious, join(parent, ".work2-abcdef"));
    await using claim = await claimFolder(parent, ".work2");
    void claim;
    assert.deepEqual(await readdir(precious), [".framequeue-process"]);
  } finally {
    await rm(parent, { recursive: true });
  }
});
