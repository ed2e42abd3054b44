import assert from "node:assert/strict";
import { chown, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { createFileFrameStore } from "./file-store.ts";
import { sampleBatch } from "./frame-store-conformance.ts";
import { takeFramesFolder } from "./frames-folder.ts";

const isRoot = process.getuid?.() === 0;
/** Nobody of ours. */
const STRANGER = 12_345;

/** A store with one payload, beside a folder of somebody else's, and what everybody's deletes have to leave. */
async function openScene() {
  const above = await mkdtemp(join(tmpdir(), "fq-planted-"));
  const root = join(above, "frames");
  const precious = join(above, "precious");
  const store = createFileFrameStore(root);
  const job = newJobId();
  const key = `${job}/e/0.0/a`;
  await store.put(key, sampleBatch(job, 1));
  return {
    ...{ root, precious, store, job, key },
    /** Puts a file of another user somewhere. */
    async plant(path: string, content: string | Uint8Array = "precious"): Promise<string> {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      if (isRoot) await chown(path, STRANGER, STRANGER);
      return path;
    },
    /** What the reconciler does, and what the end of a job does. */
    async deleteAll(): Promise<string[]> {
      const keys = await Array.fromAsync(store.list());
      for (const each of keys) await store.delete(each);
      for (const name of await readdir(root)) {
        await store
          .deletePrefix(name)
          .catch((error: unknown) => assert.ok(error instanceof TypeError));
      }
      await store.deletePrefix(job);
      return keys;
    },
    [Symbol.asyncDispose]: () => rm(above, { recursive: true }),
  };
}

test("files that only lie as deep as payloads, or only have their names, stay", async () => {
  await using at = await openScene();
  const other = newJobId();
  const names = [
    "photos/2024/summer/beach.jpg",
    `photos/e/0.0/a`,
    `${other}/e/0.0/a`,
    `${other}/e/0.0/a.0123456789abcdef~`,
    `${other}/e/0.0/b`,
    `${at.job}/e/0.0/b`,
    `${at.job}/e/0.0/notes.txt`,
    `${at.job}/e/notes/a`,
    `${at.job}/README`,
    "notes.txt",
  ];
  const left = await Promise.all(names.map((name) => at.plant(join(at.root, name))));
  assert.deepEqual(await at.deleteAll(), [at.key]);
  for (const path of left) assert.equal(await readFile(path, "utf8"), "precious", path);
  assert.ok(!existsSync(join(at.root, at.key)));
});

test("no link is followed, wherever it stands", async () => {
  await using at = await openScene();
  const payload = await readFile(join(at.root, at.key));
  const links = Array.from({ length: 4 }, newJobId);
  // Behind each link lies what even looks like a payload of ours.
  const left = [
    await at.plant(join(at.precious, "job/e/0.0/a"), payload),
    await at.plant(join(at.precious, "epoch/0.0/a"), payload),
    await at.plant(join(at.precious, "batch/a"), payload),
    await at.plant(join(at.precious, "file"), payload),
  ];
  await symlink(join(at.precious, "job"), join(at.root, links[0]!));
  await mkdir(join(at.root, links[1]!));
  await symlink(join(at.precious, "epoch"), join(at.root, links[1]!, "e"));
  await mkdir(join(at.root, links[2]!, "e"), { recursive: true });
  await symlink(join(at.precious, "batch"), join(at.root, links[2]!, "e/0.0"));
  await mkdir(join(at.root, links[3]!, "e/0.0"), { recursive: true });
  await symlink(join(at.precious, "file"), join(at.root, links[3]!, "e/0.0/a"));
  assert.deepEqual(await at.deleteAll(), [at.key]);
  for (const job of links) {
    for (const prefix of [job, `${job}/e`, `${job}/e/0.0`]) await at.store.deletePrefix(prefix);
    await at.store.delete(`${job}/e/0.0/a`);
  }
  for (const path of left) assert.deepEqual(await readFile(path), payload, path);
});

test("what killed writers left of ours goes", async () => {
  await using at = await openScene();
  const payload = await readFile(join(at.root, at.key));
  const folder = join(at.root, at.job, "e/0.0");
  await writeFile(join(folder, "b.0123456789abcdef~"), payload.subarray(0, payload.length / 2));
  await writeFile(join(folder, "b.fedcba9876543210~"), "");
  await writeFile(join(folder, "b"), "");
  await at.store.deletePrefix(at.job);
  assert.deepEqual(await readdir(at.root), []);
});

test("what is no key of pixels leads nowhere", async () => {
  await using at = await openScene();
  const path = await at.plant(join(at.precious, "a"));
  for (const key of ["..", "../precious", "../precious/a", `${at.job}/../../precious/a`, "", "/"]) {
    await assert.rejects(at.store.deletePrefix(key), TypeError, key);
    await assert.rejects(at.store.delete(key), TypeError, key);
  }
  assert.ok(existsSync(path));
});

test(
  "a folder that somebody else made where everybody can is refused",
  // To have a folder of somebody else's takes the rights of root.
  { skip: isRoot ? false : "needs root" },
  async () => {
    const shared = await mkdtemp(join(tmpdir(), "fq-shared-"));
    try {
      chmodSync(shared, 0o1777);
      const taken = join(shared, "framequeue");
      mkdirSync(taken, { mode: 0o777 });
      chownSync(taken, STRANGER, STRANGER);
      assert.throws(() => takeFramesFolder(taken), {
        code: "store-unavailable",
        message: /belongs to another user.*Set FQ_FRAMES_DIR/,
      });
      const own = join(shared, "own");
      takeFramesFolder(own);
      assert.equal(statSync(own).mode & 0o007, 0, "not for everybody");
      takeFramesFolder(own);
      // In a place where not everybody can make folders, whoever made it was meant to.
      chmodSync(shared, 0o755);
      takeFramesFolder(taken);
    } finally {
      await rm(shared, { recursive: true });
    }
  },
);
