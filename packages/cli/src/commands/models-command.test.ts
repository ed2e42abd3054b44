import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { models } from "./models-command.ts";
import type { Terminal } from "../text/terminal.ts";

test("what a command has no use for is refused, not passed over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-models-"));
  const said: string[] = [];
  const out = { write: (text: string) => said.push(text) > 0 };
  const terminal = {
    ...{ cwd: folder, dataDir: folder, bundledModelsDir: folder, env: {}, stdout: out },
    stderr: out,
  } as unknown as Terminal;
  try {
    for (const args of [
      ["list", "--frob"],
      ["store", "yard", "--version", "5"],
      ["pull", "yolox-nano", "--force"],
      ["providers", "--gpus", "1"],
    ]) {
      await assert.rejects(models(args, terminal), {
        code: "unknown-option",
        at: args.find((each) => each.startsWith("--")),
      });
    }
    for (const args of [
      ["list", "yolox-nano"],
      ["store", "one", "two"],
      ["pull", "yolox-nano", "deimv2-femto"],
    ]) {
      await assert.rejects(models(args, terminal), { code: "invalid-request", at: args.at(-1) });
    }
    assert.deepEqual(said, []);
    assert.equal(await models(["list"], terminal), 0);
    assert.match(said.join(""), /^yolox-nano {2}to be fetched \(catalogue\)$/m);
    assert.equal(await models(["--help"], terminal), 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
