import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createFolderStore } from "./folder-store.ts";
import { objectStoreConformance } from "./object-store-conformance.ts";

async function scratch() {
  const folder = await mkdtemp(join(tmpdir(), "fq-store-"));
  return {
    folder,
    store: createFolderStore(join(folder, "objects")),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

objectStoreConformance("folder", scratch);

test("folder: half-written objects are not listed, and empty folders go", async () => {
  await using at = await scratch();
  await mkdir(join(at.folder, "objects/a"), { recursive: true });
  await writeFile(join(at.folder, "objects/a/b.123456~"), "half");
  assert.deepEqual(await Array.fromAsync(at.store.list("a")), []);
  await rm(join(at.folder, "objects/a/b.123456~"));
  await at.store.put("a/x/y", "1");
  await at.store.delete("a/x/y");
  assert.deepEqual(await readdir(join(at.folder, "objects")), []);
});

test("folder: what a killed process was writing is there to be taken away", async () => {
  await using at = await scratch();
  const script = `
    const { createFolderStore } = await import(${JSON.stringify(import.meta.resolve("./folder-store.ts"))});
    await createFolderStore(process.argv[1]).putStream("jobs/j/source/v.mp4", process.stdin);`;
  const writer = spawn(
    process.execPath,
    ["--input-type=module", "-e", script, join(at.folder, "objects")],
    { stdio: ["pipe", "inherit", "inherit"] },
  );
  const exited = once(writer, "exit");
  const seen = () => Array.fromAsync(at.store.unfinished("jobs/j"));
  writer.stdin.write("x".repeat(100_000));
  while (!(await seen())[0]?.state.includes(" 100000 ")) await sleep(5);
  writer.kill("SIGKILL");
  await exited;
  const [left] = await seen();
  assert.match(left!.name, /^source\/v\.mp4\./);
  assert.equal((await seen())[0]!.state, left!.state, "nobody goes on with it");
  await left!.discard();
  assert.deepEqual(await seen(), []);
});

test("folder: only what has our own name, and no link's target, counts as unfinished", async () => {
  await using at = await scratch();
  const [theirs, jobs] = [join(at.folder, "theirs"), join(at.folder, "objects/jobs")];
  for (const folder of [theirs, jobs]) await mkdir(folder, { recursive: true });
  const ours = "v.mp4.0123456789ab~";
  await writeFile(join(theirs, ours), "theirs");
  for (const name of [
    "v.mp4~",
    "#v.mp4.0123456789ab~",
    ".0123456789ab~",
    "v.mp4.0123456789ab",
    ours,
  ]) {
    await writeFile(join(jobs, name), "x");
  }
  await symlink(join(theirs, ours), join(jobs, "link.0123456789ab~"));
  await symlink(theirs, join(jobs, "linked"));
  const found = await Array.fromAsync(at.store.unfinished("jobs"));
  assert.deepEqual(
    found.map(({ name }) => name),
    [ours],
  );
  await found[0]!.discard();
  assert.deepEqual(await Array.fromAsync(at.store.unfinished("jobs/linked")), []);
  assert.equal((await readdir(jobs)).length, 6);
  assert.deepEqual(await readdir(theirs), [ours]);
});

test("a folder goes although others still write into it for a while", async () => {
  await using at = await scratch();
  const { store } = at;
  await store.put("jobs/a/first", "x");
  const writers = ["b", "c"].map(async (name) => {
    for (let i = 0; i < 100; i++) await store.put(`jobs/a/${name}${i % 20}`, "x");
  });
  await store.deletePrefix("jobs/a");
  await Promise.all(writers);
  await store.deletePrefix("jobs/a");
  assert.deepEqual(await Array.fromAsync(store.list("jobs")), []);
});

test("folder: nothing is deleted through a link; a disk that a link leads to is one", async () => {
  await using at = await scratch();
  const { folder, store } = at;
  const precious = join(folder, "precious");
  await mkdir(join(precious, "work"), { recursive: true });
  const left = [join(precious, "accepted.json"), join(precious, "work/part")];
  for (const path of left) await writeFile(path, "precious");
  await mkdir(join(folder, "disk"));
  await mkdir(join(folder, "objects"));
  await symlink(join(folder, "disk"), join(folder, "objects/jobs"));

  await symlink(precious, join(folder, "disk/a"));
  await store.delete("jobs/a/accepted.json");
  await store.delete("jobs/a/work/part");
  await store.deletePrefix("jobs/a/work");
  await store.deletePrefix("jobs/a");
  await store.put("jobs/b/accepted.json", "{}");
  await symlink(precious, join(folder, "disk/b/work"));
  await store.delete("jobs/b/work/part");
  await store.deletePrefix("jobs/b/work/work");
  await store.deletePrefix("jobs/b");
  for (const path of left) assert.equal(await readFile(path, "utf8"), "precious");
  assert.deepEqual(await Array.fromAsync(store.names("jobs")), []);
});
