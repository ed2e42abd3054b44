import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createFolderStore } from "@framequeue/storage";
import { ArtifactWriter } from "./artifact-writer.ts";

test("lines and parts of any size come out as they went in, with their hash", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-artifact-"));
  try {
    const objects = createFolderStore(join(folder, "objects"));
    await using writer = await ArtifactWriter.open(join(folder, "mot.txt"));
    const parts = ["one\n", "ü€\u{1f600}".repeat(30_000), "x".repeat(300_000), "\n", "", "last\n"];
    for (const part of parts) await writer.text(part);
    await writer.line("line");
    for (let i = 0; i < 50_000; i++) await writer.line(`${i},ö`);
    const expected =
      [...parts, "line\n"].join("") + Array.from({ length: 50_000 }, (_, i) => `${i},ö\n`).join("");

    const stored = await writer.store(objects, (sha256) => `files/${sha256}`);
    assert.equal((await objects.get(stored.key)).toString(), expected);
    assert.equal(stored.bytes, Buffer.byteLength(expected));
    assert.equal(stored.sha256, createHash("sha256").update(expected).digest("hex"));
  } finally {
    await rm(folder, { recursive: true });
  }
});
