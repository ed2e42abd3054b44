import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { testDetector } from "@framequeue/graphs";
import { CPU } from "@framequeue/models";
import { strikeModel } from "@framequeue/pipeline";
import { finish, launch, openWorkshop } from "./product.ts";
import { startSmallApi } from "./small-api.ts";
import { openSmallSite, writeSmallVideo } from "./small-site.ts";

async function post(url: string, job: object): Promise<{ status: number; body: any }> {
  const response = await fetch(`${url}/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(job),
  });
  return { status: response.status, body: await response.json() };
}

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
  const strike = { bound: "time", limit: 60_000, job: newJobId() } as const;
  const first = await push(3, "--version", "1", "--license", "MIT", "--source", "the yard");
  const second = await push(4, "--version", "2", "--parent", first);
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
  const model = { role: "detector", name: "yard", version: "2", sha256: second } as const;
  for (let i = 0; i < 2; i++) await strikeModel(site.pipeline, { model, ...strike });
  assert.match((await models("versions")).text, /yard@2 {2}detector.*in quarantine: time/);
  const released = await models("release", "yard", "2");
  assert.equal(released.code, 0, released.text);
  assert.match(released.text, /yard@2 {2}detector/);
  assert.doesNotMatch(released.text, /in quarantine/);

  const video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 1);
  const { body } = await post(url, { source: { path: video }, render: false });
  const ended = await site.ended(body.id);
  assert.deepEqual([ended.state, ended.models[0]!.sha256], ["succeeded", first]);

  const kept = await models("delete", "yard", "1");
  assert.match(kept.text, /yard@1 is in use: stable names it/);
  assert.equal((await models("delete", "yard", "2")).code, 0);
  assert.doesNotMatch((await models("versions", "yard")).text, /yard@2/);
});

test("whoever names a model that is not there is told a command that adds it", async () => {
  await using shop = await openWorkshop();
  await using resources = new AsyncDisposableStack();
  const site = resources.use(await openSmallSite({ engine }));
  const url = await startSmallApi(site, "yard", resources);
  const video = join(site.folder, "video.mp4");
  await writeSmallVideo(video, 1);
  const job = { source: { path: video }, model: "gate", render: false };
  const refused = await post(url, job);
  assert.deepEqual([refused.status, refused.body.code], [422, "model-not-found"]);
  const [, advice] =
    /To add it: npm run models -- (push \S+ --name \S+), or POST \/v1\/models\./.exec(
      refused.body.detail,
    )!;
  await writeFile(join(shop.folder, "FILE.onnx"), testDetector({ width: 160, height: 96 }));
  const { code, stderr } = await finish(
    launch(shop, ["models", ...advice!.split(" ")], { FQ_API_URL: url }),
  );
  assert.equal(code, 0, stderr);
  const accepted = await post(url, job);
  assert.equal(accepted.status, 202, accepted.body.detail);
  const ended = await site.ended(accepted.body.id);
  assert.deepEqual([ended.state, ended.models[0]!.name], ["succeeded", "gate"]);

  // the other way that it names
  const form = new FormData();
  form.append("name", "door");
  form.append("file", new Blob([testDetector({ width: 96, height: 96 })]), "door.onnx");
  const posted = await fetch(`${url}/v1/models`, { method: "POST", body: form });
  assert.equal(posted.status, 201);
  assert.equal((await post(url, { ...job, model: "door" })).status, 202);
  const old = await post(url, { ...job, model: "door@7" });
  assert.match(old.body.detail, /^The model door has no version 7; it has [0-9a-f]{12}\.$/);
});
