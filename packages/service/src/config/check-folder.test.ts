import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkFolder, folderFault } from "./check-folder.ts";
import { ConfigError } from "./config-error.ts";

test("a folder that can be made is none of the faults, and is not made", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-check-"));
  try {
    await writeFile(join(folder, "file"), "");
    await checkFolder(folder, "FQ_X", { mustExist: true });
    await checkFolder(join(folder, "a/b/c"), "FQ_X");
    const table: [path: string, mustExist: boolean, why: RegExp][] = [
      [
        "file",
        false,
        /^FQ_X: .*file cannot be written: it is a file\. Set FQ_X to another folder\.$/,
      ],
      ["file/a", false, /part of its path is a file/],
      ["a".repeat(300), false, /its name is too long/],
      ["none", true, /there is no such/],
    ];
    for (const [path, mustExist, why] of table) {
      await assert.rejects(checkFolder(join(folder, path), "FQ_X", { mustExist }), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, why);
        return true;
      });
    }
    await checkFolder(join(folder, "file/a"), "FQ_X", { passing: ["ENOTDIR"] });
    assert.deepEqual(await readdir(folder), ["file"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("what is no fault of a file stays what it is", () => {
  const bug = new TypeError("x is not a function");
  assert.equal(folderFault(bug, "/x", "FQ_X"), bug);
});
