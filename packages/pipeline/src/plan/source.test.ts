import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  appendFile,
  mkdir,
  mkdtemp,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ProblemError, type SourceState, type StoredSource } from "@framequeue/contracts";
import { createFolderStore } from "@framequeue/storage";
import { checkSource, openSource, sourceState } from "./source.ts";

let folder: string;
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "fq-source-")));
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

/** What ingest makes of a file that was accepted, when something has happened to it since. */
async function afterAcceptance(
  what: (at: (name: string) => string) => Promise<void>,
  host?: string,
) {
  const root = await mkdtemp(join(folder, "root-"));
  const at = (name: string): string => join(root, name);
  await mkdir(at("in/sub"), { recursive: true });
  await mkdir(at("out"));
  await writeFile(at("in/sub/video.ts"), CONTENT);
  await writeFile(at("out/video.ts"), "a secret of others");
  const path = at("in/sub/video.ts");
  const bare: StoredSource = { kind: "file", path, name: "video.ts", root: at("in") };
  const seen = (await sourceState(bare))!;
  const state = host === undefined ? seen : { ...seen, host, device: "0", inode: "0" };
  await what(at);
  return sourceState({ ...bare, state }).then(
    (now) => now!.bytes,
    (error: unknown) => (error instanceof ProblemError ? error.code : error),
  );
}

test("what was accepted is what ingest reads, or the job says that it changed", async () => {
  const happenings: [
    string,
    (at: (name: string) => string) => Promise<void>,
    here: unknown,
    elsewhere: unknown,
  ][] = [
    ["nothing", async () => {}, 10, 10],
    ["touched", (at) => utimes(at("in/sub/video.ts"), 1_000, 1_000), 10, 10],
    ["grown", (at) => appendFile(at("in/sub/video.ts"), "more"), 10, 10],
    ["cut", (at) => writeFile(at("in/sub/video.ts"), "0123"), "source-changed", "source-changed"],
    ["gone", (at) => rm(at("in/sub/video.ts")), "source-not-found", "source-not-found"],
    [
      "replaced",
      (at) => replace("another video")(at("in/sub/video.ts")),
      "source-changed",
      // Nobody can tell there; both are below the folder.
      10,
    ],
    [
      "a link in its place",
      async (at) => {
        await rm(at("in/sub/video.ts"));
        await symlink(at("out/video.ts"), at("in/sub/video.ts"));
      },
      "source-changed",
      "source-changed",
    ],
    [
      "a link in its folder's place",
      async (at) => {
        await rm(at("in/sub"), { recursive: true });
        await symlink(at("out"), at("in/sub"));
      },
      "source-changed",
      "source-changed",
    ],
    [
      "the allowed folder moved, and a link in its place",
      async (at) => {
        await rename(at("in"), at("moved"));
        await symlink(at("moved"), at("in"));
      },
      10,
      10,
    ],
  ];
  for (const [name, what, here, elsewhere] of happenings) {
    assert.equal(await afterAcceptance(what), here, name);
    assert.equal(await afterAcceptance(what, "other"), elsewhere, `${name}, on another machine`);
  }
});

test("a device that has another number since the machine was started is the same with the file's inode and time", async () => {
  const path = join(folder, "remounted.ts");
  await writeFile(path, CONTENT);
  const source: StoredSource = { kind: "file", path, name: "remounted.ts" };
  const state = (await sourceState(source))!;
  assert.equal((await sourceState({ ...source, state: { ...state, device: "1" } }))!.bytes, 10);
  await assert.rejects(
    sourceState({ ...source, state: { ...state, device: "1", modifiedNs: "1" } }),
    { code: "source-changed" },
  );
});
