import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFile, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createFolderStore } from "@framequeue/storage";
import { checkSource, openSource, type SourceState, sourceState } from "./source.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fq-source-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const CONTENT = "0123456789";
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

/** A file, its state, and what happens to it then. */
async function happening(what: (path: string) => Promise<void>, elsewhere = false) {
  const path = join(folder, "video.ts");
  await writeFile(path, CONTENT);
  await utimes(path, 1_000, 1_000);
  const source = { kind: "file" as const, path, name: "video.ts" };
  const state = (await sourceState(source))!;
  await what(path);
  // Another machine gives the file other numbers.
  const seen: SourceState = elsewhere
    ? { ...state, host: "other", device: "0", inode: "0" }
    : state;
  const objects = createFolderStore(join(folder, "objects"));
  return {
    opened: async () => {
      await using file = await openSource(objects, source, seen);
      return file.bytes;
    },
    checked: () => checkSource(objects, { source, sourceState: seen, sourceSha256: SHA256 }),
  };
}

const replace = (content: string) => async (path: string) => {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
};

for (const elsewhere of [false, true]) {
  const where = elsewhere ? "another machine" : "the same machine";
  test(`a file that stays as it was, or grows, is read as it was: ${where}`, async () => {
    const same = await happening(async () => {}, elsewhere);
    assert.deepEqual([await same.opened(), await same.checked()], [10, undefined]);
    const touched = await happening((path) => utimes(path, 2_000, 2_000), elsewhere);
    assert.deepEqual([await touched.opened(), await touched.checked()], [10, undefined]);
    const grown = await happening((path) => appendFile(path, "abc"), elsewhere);
    assert.equal(await grown.opened(), 10);
    assert.match((await grown.checked())!, /grew from 10 to 13 bytes/);
    const gone = await happening((path) => rm(path), elsewhere);
    await assert.rejects(gone.opened(), { code: "source-not-found" });
    const said = await gone.checked();
    if (elsewhere) assert.equal(said, undefined);
    else assert.match(said!, /is gone since it was analysed/);
  });

  test(`a file that became another is found out: ${where}`, async () => {
    const cut = await happening((path) => writeFile(path, "0123"), elsewhere);
    await assert.rejects(cut.opened(), { code: "source-changed" });
    await assert.rejects(cut.checked(), { code: "source-changed" });
    for (const content of ["9876543210", "9876543210 and more"]) {
      const rewritten = await happening((path) => writeFile(path, content), elsewhere);
      await assert.rejects(rewritten.checked(), { code: "source-changed" });
      const replaced = await happening(replace(content), elsewhere);
      await assert.rejects(replaced.checked(), { code: "source-changed" });
      if (!elsewhere) await assert.rejects(replaced.opened(), { code: "source-changed" });
    }
  });
}
