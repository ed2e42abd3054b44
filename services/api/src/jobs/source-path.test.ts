import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { fileState } from "@framequeue/pipeline";
import { sourceOfPath } from "./source-path.ts";

async function videos() {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "fq-roots-")));
  const at = (path: string): string => join(folder, path);
  await mkdir(at("root/sub"), { recursive: true });
  await mkdir(at("outside"));
  await writeFile(at("root/sub/a.mp4"), "video");
  await writeFile(at("root/empty.mp4"), "");
  await writeFile(at("outside/secret.mp4"), "video");
  await symlink(at("root/sub/a.mp4"), at("root/link.mp4"));
  await symlink(at("outside"), at("root/leak"));
  await symlink(at("outside/secret.mp4"), at("root/leak.mp4"));
  await symlink(at("outside/nothing.mp4"), at("root/dangling.mp4"));
  await symlink(at("root"), at("alias"));
  return { at, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test("files below a root are sources, by their real path and the name that was asked for", async () => {
  await using folder = await videos();
  const { at } = folder;
  const path = at("root/sub/a.mp4");
  const state = fileState(await stat(path, { bigint: true }));
  const a = { kind: "file", path, root: at("root"), state };
  const table: [string, string, object][] = [
    ["root/sub/a.mp4", "root", { ...a, name: "a.mp4" }],
    ["root/sub/../sub/a.mp4", "root", { ...a, name: "a.mp4" }],
    ["root/link.mp4", "root", { ...a, name: "link.mp4" }],
    ["root/sub/a.mp4", "alias", { ...a, name: "a.mp4" }],
    ["alias/sub/a.mp4", "alias", { ...a, name: "a.mp4" }],
  ];
  for (const [path, root, source] of table) {
    assert.deepEqual(await sourceOfPath(at(path), [at("missing"), at(root)]), source, path);
  }
});

test("everything else is refused, and what is outside looks the same whether it exists or not", async () => {
  await using folder = await videos();
  const { at } = folder;
  const refusal = async (path: string): Promise<string> => {
    const error = await sourceOfPath(path, [at("root")]).catch((e: unknown) => e);
    assert.ok(error instanceof ProblemError);
    assert.equal(error.at, "source.path");
    return `${error.code}: ${error.message.replaceAll(path, "PATH")}`;
  };
  const table: [string, RegExp][] = [
    [at("root/none.mp4"), /^source-not-found: There is no file PATH/],
    [at("root/none/a.mp4"), /^source-not-found/],
    [at("root/sub/a.mp4/x"), /^source-not-found/],
    [at("root/sub"), /^source-not-video/],
    [at("root"), /^source-not-video/],
    [at("root/empty.mp4"), /^source-empty/],
    ["sub/a.mp4", /^invalid-request: source.path must be an absolute path/],
    ["/a\0b", /^invalid-request/],
  ];
  for (const [path, expected] of table) assert.match(await refusal(path), expected);
  const pairs = [
    [at("outside/secret.mp4"), at("outside/nothing.mp4")],
    [at("root/../outside/secret.mp4"), at("root/../outside/nothing.mp4")],
    [at("root/leak/secret.mp4"), at("root/leak/nothing.mp4")],
    [at("root/leak.mp4"), at("root/dangling.mp4")],
    ["/etc/passwd", "/etc/no-such-file"],
  ] as const;
  for (const [there, missing] of pairs) {
    assert.match(await refusal(there), /^source-forbidden/);
    assert.equal(await refusal(missing), await refusal(there));
  }
  await assert.rejects(sourceOfPath(at("root/sub/a.mp4"), []), /FQ_SOURCE_ROOTS/);
});
