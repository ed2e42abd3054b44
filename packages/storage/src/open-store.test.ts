import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { openObjectStore } from "./open-store.ts";

let folder: string;
let umask: number;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fq-open-"));
});
after(() => rm(folder, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

for (const [mask, folders, files] of [
  [0o000, 0o770, 0o660],
  [0o022, 0o750, 0o640],
  [0o077, 0o700, 0o600],
] as const) {
  test(`nobody else sees what lies in a folder store (umask ${mask.toString(8)}); its group does as the umask says`, async () => {
    umask = process.umask(mask);
    try {
      const objectsDir = join(folder, `objects-${mask}`);
      await using store = openObjectStore({ objectStore: "folder", objectsDir });
      await store.prepare();
      assert.equal(await modeOf(objectsDir), 0o700);
      await store.put("jobs/a/accepted.json", "{}", { durable: true });
      await store.put("jobs/a/work/part", "{}");
      await store.putStream("jobs/a/source/v.mp4", Readable.from(["bytes"]));
      const made = join(folder, "made");
      await writeFile(made, "bytes", { mode: 0o666 });
      await store.putFile("jobs/a/artifacts/v.mp4", made);
      const entries = await readdir(objectsDir, { recursive: true, withFileTypes: true });
      assert.equal(entries.length, 9);
      for (const entry of entries) {
        const mode = await modeOf(join(entry.parentPath, entry.name));
        assert.equal(mode, entry.isDirectory() ? folders : files, entry.name);
      }
    } finally {
      process.umask(umask);
    }
  });
}

test("a folder that everybody could see is closed to others, and what its group may stays", async () => {
  for (const [before, after] of [
    [0o755, 0o750],
    [0o777, 0o770],
    [0o750, 0o750],
    [0o700, 0o700],
  ] as const) {
    const objectsDir = join(folder, `open-${before}`);
    await mkdir(objectsDir);
    await chmod(objectsDir, before);
    await using store = openObjectStore({ objectStore: "folder", objectsDir });
    await store.prepare();
    assert.equal(await modeOf(objectsDir), after);
  }
});
