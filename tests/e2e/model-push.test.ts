import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { testDetector } from "@framequeue/graphs";
import { CPU } from "@framequeue/models";
import { finish, launch, openWorkshop } from "./product.ts";
import { startSmallApi } from "./small-api.ts";
import { openSmallSite, writeSmallVideo } from "./small-site.ts";

const engine = { provider: "cpu", devices: [CPU], numericClass: "cpu-test", findings: [] } as const;

test("a model is pushed, serves, is measured, and goes again, by the command line", async () => {
  await using shop = await openWorkshop();
  await using resources = new AsyncDisposableStack();
  const site = resources.use(await openSmallSite({ engine }));
  const url = await startSmallApi(site, "yard", resources);
  const models = async (...args: string[]) => {
    const { code, stdout, stderr } = await finish(
      launch(shop, ["models", ...args], { FQ_API_URL: url }),
    );
    return { code, text: stdout + stderr };
  };
  const push = async (batch: number, ...args: string[]): Promise<string> => {
    await writeFile(
      join(shop.folder, "yard.onnx"),
      testDetector({ width: 160, height: 96, batch }),
    );
    const { code, text } = await models("push", "yard.onnx", ...args);
    assert.equal(code, 0, text);
    return /yard@\S+ {2}([0-9a-f]{64})/.exec(text)![1]!;
  };
  const first = await push(3, "--version", "1", "--license", "MIT", "--source", "the yard");
  await push(4, "--version", "2", "--parent", first);
  const wrong = await models("push", "yard.onnx", "--version", "1");
  assert.equal(wrong.code, 1);
  assert.match(wrong.text, /yard@2 already, with another manifest: version/);

  assert.equal((await models("alias", "yard", "stable", "1")).code, 0);
  const measured = await models("metrics", "yard", "1", "--on", "gate.mp4", "ap50=0.5", "idf1=1");
  assert.equal(measured.code, 0, measured.text);
  const { text } = await models("versions", "yard");
  assert.match(text, /yard@1 {2}detector {2}[0-9a-f]{12} {2}stable, loaded in 1\n/);
  assert.match(text, new RegExp(`upload \\S+Z; from ${first.slice(0, 12)}; a local file; unknown`));
  assert.match(text, /upload \S+Z; the yard; MIT\n {2}\S+ {2}ap50 0\.5, idf1 1 {2}on gate\.mp4\n/);
  assert.match((await models("versions")).text, /yard@2 {2}detector/);

  const video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 1);
  const response = await fetch(`${url}/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ source: { path: video }, render: false }),
  });
  const { id } = (await response.json()) as { id: string };
  const ended = await site.ended(id);
  assert.deepEqual([ended.state, ended.models[0]!.sha256], ["succeeded", first]);

  const kept = await models("delete", "yard", "1");
  assert.match(kept.text, /yard@1 is in use: stable names it/);
  assert.equal((await models("delete", "yard", "2")).code, 0);
  assert.doesNotMatch((await models("versions", "yard")).text, /yard@2/);
});
