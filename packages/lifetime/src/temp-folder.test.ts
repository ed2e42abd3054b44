import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { openTempFolder, sweepTempFolders } from "./temp-folder.ts";

const INDEX = pathToFileURL(join(import.meta.dirname, "index.ts")).href;

/** A process that has a folder open in `base`, and runs `then` once it was told to go on. */
async function holder(base: string, then = "") {
  const script = `
    const { openTempFolder } = await import(${JSON.stringify(INDEX)});
    const folder = await openTempFolder("held", ${JSON.stringify(base)});
    console.log(folder.path);
    process.stdin.once("data", () => { ${then} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  const [path] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, exited, path };
}

test("what a killed process left goes with the next sweep, and nothing else", async () => {
  const base = await mkdtemp(join(tmpdir(), "fq-sweeps-"));
  const { child, exited, path } = await holder(base);
  try {
    const strangers = ["fq-notes-abcdef", "fq-held-1234567", "notes"].map((name) =>
      join(base, name),
    );
    for (const stranger of strangers) {
      await mkdir(stranger);
      await writeFile(join(stranger, "file"), "1");
    }
    // A mark in a folder that is not called like ours does not make it ours.
    await writeFile(
      join(base, "notes", ".framequeue-process"),
      await readFile(join(path, ".framequeue-process")),
    );
    await using own = await openTempFolder("own", base);
    await sweepTempFolders(base);
    assert.ok(existsSync(path), "its process is there");
    child.kill("SIGKILL");
    await exited;
    await sweepTempFolders(base);
    assert.ok(!existsSync(path));
    for (const left of [own.path, ...strangers]) assert.ok(existsSync(left), left);
  } finally {
    child.kill("SIGKILL");
    await rm(base, { recursive: true });
  }
});

test("a process that has the number of one that is gone does not keep its folder", async () => {
  const base = await mkdtemp(join(tmpdir(), "fq-sweeps-"));
  try {
    await using own = await openTempFolder("own", base);
    const mark = JSON.parse(await readFile(join(own.path, ".framequeue-process"), "utf8"));
    const former = join(base, "fq-own-former");
    await mkdir(former);
    await writeFile(
      join(former, ".framequeue-process"),
      JSON.stringify({ ...mark, began: mark.began === "" ? "" : "long ago" }),
    );
    await sweepTempFolders(base);
    assert.ok(existsSync(own.path));
    // Where the system does not tell when a process began, its number is all there is.
    assert.equal(existsSync(former), mark.began === "");
  } finally {
    await rm(base, { recursive: true });
  }
});

test("a process that exits in haste takes its folders along", async () => {
  const base = await mkdtemp(join(tmpdir(), "fq-sweeps-"));
  try {
    for (const haste of ["process.exit(3)", "throw new Error('unexpected')"]) {
      const { child, exited } = await holder(base, haste);
      child.stdin.write("go\n");
      assert.notEqual((await exited)[0], 0);
      assert.deepEqual(await readdir(base), [], haste);
    }
  } finally {
    await rm(base, { recursive: true });
  }
});
