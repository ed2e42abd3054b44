import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { GraphBuilder, testDetector } from "@framequeue/graphs";
import { putAliases, strikeModel } from "@framequeue/pipeline";
import { startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
let temp: string;
before(async () => {
  // a place of its own, so that what is left can be seen
  temp = await mkdtemp(join(tmpdir(), "fq-upload-"));
  process.env["TMPDIR"] = temp;
  api = await startTestApi({ modelLimitBytes: 1_000_000 });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await rm(temp, { recursive: true });
});
beforeEach(async () => {
  for (const key of await modelObjects()) await api.pipeline.objects.delete(key);
});

/** Four files with the same contract and other bytes. */
const [one, two, three] = [1, 2, 3].map((batch) => testDetector({ width: 64, height: 64, batch }));
/** A classifier whose weights are in a file of the server. */
function externalWeights(): Uint8Array {
  const graph = new GraphBuilder({ name: "outside" });
  const images = graph.input("images", "float32", [1, 3, 32, 32]);
  const mean = graph.node("ReduceMean", [images], { axes: [2, 3], keepdims: 0 });
  const scores = graph.node("MatMul", [mean, graph.external("/etc/passwd", [3, 4])], {}, "scores");
  graph.output(scores, "float32", [1, 4]);
  return graph.toBytes();
}

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Answered {
  readonly status: number;
  readonly location: string | null;
  readonly body: any;
}

async function ask(path: string, init?: RequestInit): Promise<Answered> {
  const response = await fetch(`${api.url}/v1/${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    location: response.headers.get("location"),
    body: text === "" ? undefined : JSON.parse(text),
  };
}

function upload(bytes: Uint8Array, fields: Record<string, string> = {}, name = "yard.onnx") {
  const form = new FormData();
  for (const [field, text] of Object.entries(fields)) form.append(field, text);
  form.append("file", new Blob([new Uint8Array(bytes)]), name);
  return ask("models", { method: "POST", body: form });
}

function postJson(path: string, body: unknown): Promise<Answered> {
  const headers = { "content-type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

const remove = (path: string): Promise<Answered> => ask(path, { method: "DELETE" });

/** What is in the store of models, without the one that every test API has. */
async function modelObjects(): Promise<string[]> {
  const { objects } = api.pipeline;
  const keys = [
    ...(await Array.fromAsync(objects.list("models"))),
    ...(await Array.fromAsync(objects.list("aliases"))),
  ];
  return keys.filter((key) => !key.startsWith(`models/${"a".repeat(64)}/`)).sort();
}

const temporary = async (): Promise<string[]> =>
  (await readdir(temp)).filter((name) => name.startsWith("fq-model-")).sort();

test("names are as long as a file system takes: longer ones are refused, of files they are cut", async () => {
  const fields = { labels: "red\ngreen\nblue\n" };
  for (const name of ["n".repeat(101), "n".repeat(300)]) {
    const { status, body } = await upload(one!, { ...fields, name });
    assert.deepEqual([status, body.code, body.at], [422, "manifest-invalid", "name"]);
    assert.match(body.detail, /100 characters at most/);
  }
  const version = await upload(one!, { ...fields, name: "yard", version: "9".repeat(300) });
  assert.deepEqual([version.status, version.body.at], [422, "version"]);
  const label = await upload(one!, { labels: `${"r".repeat(1_000)}\ngreen\nblue\n` });
  assert.deepEqual([label.status, label.body.at], [422, "labels.0"]);
  assert.deepEqual(await modelObjects(), []);
  const longest = "n".repeat(100);
  assert.equal((await upload(one!, { ...fields, name: longest })).status, 201);
  const file = await upload(two!, fields, `${"f".repeat(400)}.onnx`);
  assert.deepEqual([file.status, file.body.name], [201, "f".repeat(100)]);
  // The longest name can have aliases.
  const { versions } = (await ask(`models/${longest}`)).body;
  const stable = versions[0].sha256;
  await putAliases(api.pipeline.objects, { v: 1, name: longest, revision: 1, stable, before: [] });
  assert.equal((await ask(`models/${longest}`)).body.aliases.revision, 1);
});

test("a file becomes a version; the same again changes nothing", async () => {
  const fields = { name: "yard", version: "3", labels: "red\ngreen\nblue\n", license: "MIT" };
  const first = await upload(one!, fields);
  assert.equal(first.status, 201, JSON.stringify(first.body));
  const sha256 = sha256Of(one!);
  const { lineage, assumptions, ...version } = first.body;
  assert.deepEqual(version, {
    ...{ name: "yard", version: "3", sha256, role: "detector", readyIn: 0 },
    ...{ license: "MIT", source: "a local file", metrics: [] },
  });
  assert.equal(lineage.by, "upload");
  assert.ok(Date.parse(lineage.createdAt) <= Date.now());
  assert.ok(assumptions.length > 0);
  assert.equal(first.location, `/v1/models/yard/versions/${sha256}`);
  const shown = await ask(first.location.slice("/v1/".length));
  const { name: _name, ...record } = version;
  assert.deepEqual(shown.body, { ...record, lineage });

  const stored = await modelObjects();
  assert.deepEqual(
    stored,
    ["lineage.json", "manifest.json", "model.onnx"].map((name) => `models/${sha256}/${name}`),
  );
  const manifest = (await api.pipeline.objects.get(`models/${sha256}/manifest.json`)).toString();
  assert.deepEqual(JSON.parse(manifest).labels, ["red", "green", "blue"]);
  assert.ok((await api.pipeline.objects.get(`models/${sha256}/model.onnx`)).equals(one!));

  const again = await upload(one!, fields);
  assert.deepEqual([again.status, again.body], [200, first.body]);
  // whoever sends the bare file says nothing about its use, nor its name
  const bare = await upload(one!, {}, "another-name.onnx");
  assert.deepEqual([bare.status, bare.body.name, bare.body.version], [200, "yard", "3"]);
  const now = await api.pipeline.objects.get(`models/${sha256}/manifest.json`);
  assert.equal(now.toString(), manifest);
});

test("a job gets a version that was uploaded by a manifest that leaves out the file", async () => {
  const { body: proposed } = await upload(one!, { name: "yard", version: "1" });
  const text = await api.pipeline.objects.get(`models/${proposed.sha256}/manifest.json`);
  const { file: _file, sha256: _sha256, ...manifest } = JSON.parse(text.toString());
  const fields = { manifest: JSON.stringify({ ...manifest, version: "2" }) };
  const answer = await upload(two!, { ...fields, parent: proposed.sha256 });
  // the graph takes two pictures at once, the manifest says one
  assert.deepEqual(
    [answer.status, answer.body.code, answer.body.at],
    [422, "manifest-invalid", "input"],
  );
  const input = { ...manifest.input, batch: 2 };
  const fitting = { manifest: JSON.stringify({ ...manifest, input, version: "2" }) };
  const fits = await upload(two!, { ...fitting, parent: proposed.sha256 });
  assert.equal(fits.status, 201, JSON.stringify(fits.body));
  assert.equal(fits.body.lineage.parent, proposed.sha256);
  assert.deepEqual(fits.body.assumptions, []);
  assert.equal((await postJson("models/yard/aliases/stable", { version: "2" })).status, 200);
  const job = await postJson("jobs", {
    source: { url: "https://example.com/v.mp4" },
    model: "yard",
  });
  assert.equal(job.status, 202, JSON.stringify(job.body));
  const accepted = await api.pipeline.jobs.accepted(job.body.id);
  assert.equal(accepted?.models[0]?.sha256, sha256Of(two!));
  await api.pipeline.jobs.cancel(job.body.id);
});

test("what does not fit is refused with every fault, and leaves nothing", async () => {
  await upload(one!, { name: "yard", version: "1" });
  const sha256 = sha256Of(one!);
  const text = (await api.pipeline.objects.get(`models/${sha256}/manifest.json`)).toString();
  const manifest = JSON.parse(text);
  const said = (changes: object): Record<string, string> => ({
    manifest: JSON.stringify({ ...manifest, sha256: undefined, ...changes }),
  });
  const wide = { ...manifest.input, batch: 2, width: 128, height: 96 };
  const table: [Uint8Array, Record<string, string>, number, string, RegExp][] = [
    [Buffer.from("no model"), {}, 422, "model-invalid", /^yard\.onnx cannot be loaded/],
    [externalWeights(), {}, 422, "model-invalid", /weights of it are in \/etc\/passwd\./],
    [new Uint8Array(), {}, 422, "model-invalid", /yard\.onnx is empty/],
    [new Uint8Array(1_100_000), {}, 413, "payload-too-large", /1000000 bytes/],
    [two!, { manifest: "{" }, 400, "invalid-request", /manifest: is not JSON/],
    [two!, { manifest: "[]" }, 400, "invalid-request", /manifest: must be a JSON object/],
    [two!, { manifest: '{"name":"Yard!"}' }, 422, "manifest-invalid", /task/],
    [two!, { task: "magic" }, 400, "invalid-request", /task: must be one of detection/],
    [two!, { size: "big" }, 400, "invalid-request", /size: must be like 640x480/],
    [two!, { colour: "red" }, 400, "unknown-option", /no field "colour".*manifest/],
    [two!, { parent: "f".repeat(64), name: "x" }, 422, "model-not-found", /no version ffff/],
    [two!, { labels: "red\ngreen" }, 422, "manifest-invalid", /there are 2.*3 classes/],
    [two!, { name: "Not A Name" }, 422, "manifest-invalid", /lower-case/],
    [two!, said({ sha256 }), 422, "model-invalid", /is not the file that its manifest means/],
    [two!, said({ input: wide, labels: ["a"] }), 422, "manifest-invalid", /input: .*; output: /],
    [two!, { name: "yard", version: "1" }, 409, "model-exists", /is another file/],
    [one!, { name: "fence" }, 409, "model-exists", /yard@1 already.*name differ/],
    [one!, said({ license: "none" }), 409, "model-exists", /license differ/],
  ];
  const [stored, folders] = [await modelObjects(), await temporary()];
  for (const [bytes, fields, status, code, detail] of table) {
    const { status: got, body } = await upload(bytes, fields);
    assert.deepEqual([got, body.code], [status, code], JSON.stringify(body));
    assert.match(body.detail, detail);
    assert.doesNotMatch(JSON.stringify(body), /fq-model-/, "the server's folders are its own");
    assert.deepEqual(await modelObjects(), stored, code);
    assert.deepEqual(await temporary(), folders, code);
  }
  const { body } = await upload(two!, said({ input: wide, labels: ["a"] }));
  assert.deepEqual(
    body.errors.map(({ at }: { at: string }) => at),
    ["input", "output"],
  );
  const kept = await api.pipeline.objects.get(`models/${sha256}/manifest.json`);
  assert.equal(kept.toString(), text);
});

test("a client that goes away while its model is tried leaves nothing", async () => {
  const begun = Promise.withResolvers<AbortSignal>();
  await using slow = await startTestApi({
    checkModel: (_file, _options, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        begun.resolve(signal);
      }),
  });
  const folders = await temporary();
  const client = new AbortController();
  const form = new FormData();
  form.append("file", new Blob([new Uint8Array(one!)]), "yard.onnx");
  const url = `${slow.url}/v1/models`;
  const request = fetch(url, { method: "POST", body: form, signal: client.signal });
  request.catch(() => {});
  await begun.promise;
  client.abort();
  await assert.rejects(request);
  while ((await temporary()).join() !== folders.join()) await new Promise(setImmediate);
  const keys = await Array.fromAsync(slow.pipeline.objects.list("models"));
  assert.deepEqual(keys, [`models/${"a".repeat(64)}/manifest.json`]);
  assert.deepEqual(
    slow.log.filter(({ level }) => level === "error" || level === "warn"),
    [],
  );
});

test("a key is needed where keys are set", async () => {
  await using locked = await startTestApi({ apiKeys: ["k".repeat(16)] });
  const url = `${locked.url}/v1/models`;
  for (const [path, method] of [
    ["", "POST"],
    ["/yard/versions/1", "DELETE"],
    ["/yard/versions/1/metrics", "POST"],
  ] as const) {
    assert.equal((await fetch(`${url}${path}`, { method })).status, 401);
  }
});

test("a version goes when nothing uses it; who does is named", async () => {
  for (const [bytes, version] of [
    [one!, "1"],
    [two!, "2"],
    [three!, "3"],
  ] as const) {
    assert.equal((await upload(bytes, { name: "yard", version })).status, 201);
  }
  await postJson("models/yard/aliases/stable", { version: "1" });
  await postJson("models/yard/aliases/stable", { version: "2" });
  await postJson("models/yard/aliases/canary", { version: "3" });
  const refused = async (version: string, by: RegExp): Promise<void> => {
    const before = await modelObjects();
    const { status, body } = await remove(`models/yard/versions/${version}`);
    assert.deepEqual([status, body.code], [409, "model-in-use"]);
    assert.match(body.detail, by);
    assert.deepEqual(await modelObjects(), before);
  };
  await refused("2", /yard@2 is in use: stable names it/);
  await refused(sha256Of(three!), /canary names it/);

  const job = await postJson("jobs", {
    source: { url: "https://example.com/v.mp4" },
    model: "yard@1",
  });
  await refused("1", new RegExp(`by ${job.body.id}`));
  await api.pipeline.jobs.cancel(job.body.id);
  await postJson(`models/yard/versions/1/metrics`, { on: "gate.mp4", values: { ap50: 0.5 } });
  assert.equal((await remove("models/yard/versions/1")).status, 204);
  assert.ok(!(await modelObjects()).some((key) => key.includes(sha256Of(one!))));
  assert.equal((await remove("models/yard/versions/1")).body.code, "model-not-found");
  // a job that asks for it is told so at once, though its listing was looked at a moment ago
  const late = await postJson("jobs", {
    source: { url: "https://example.com/v.mp4" },
    model: "yard@1",
  });
  assert.equal(late.body.code, "model-not-found");
  // and it is no way back any more
  const back = await postJson("models/yard/rollback", {});
  assert.equal(back.body.aliases.stable, "3", "what served before there were aliases");
  // the same bytes may come again
  assert.equal((await upload(one!, { name: "yard", version: "1" })).status, 201);
});

test("a version in quarantine is shown, refused by every name, and let go again", async () => {
  for (const [bytes, version] of [
    [one!, "1"],
    [two!, "2"],
  ] as const) {
    assert.equal((await upload(bytes, { name: "yard", version })).status, 201);
  }
  const sha256 = sha256Of(two!);
  const model = { role: "detector", name: "yard", version: "2", sha256 } as const;
  await postJson("models/yard/aliases/stable", { version: "1" });
  await postJson("models/yard/aliases/canary", { version: "2", share: 1 });
  const { pipeline } = api;
  for (let strikes = 0; strikes < 2; strikes++) {
    await strikeModel(pipeline, { model, bound: "memory", limit: 2e9, job: newJobId() });
  }
  const source = { url: "https://example.com/v.mp4" };
  for (const [named, says] of [
    ["yard@2", /^yard@2 is in quarantine, because runs of it took more than 2000 MB of memory\./],
    ["yard", /An alias names it: yard means this version\.$/],
    ["yard@canary", /An alias names it: yard@canary means this version\.$/],
  ] as const) {
    const { status, body } = await postJson("jobs", { source, model: named });
    assert.deepEqual([status, body.code, body.at], [422, "model-quarantined", "model"]);
    assert.match(body.detail, says);
    assert.match(body.detail, /npm run models -- release yard 2/);
  }
  const moved = await postJson("models/yard/aliases/stable", { version: "2" });
  assert.deepEqual([moved.status, moved.body.code], [422, "model-quarantined"]);
  const shown = await ask("models/yard/versions/2");
  assert.deepEqual([shown.body.quarantine.bound, shown.body.quarantine.limit], ["memory", 2e9]);
  const { body: list } = await ask("models");
  const own = list.models.find(({ name }: { name: string }) => name === "yard").versions;
  assert.deepEqual(
    own.map(({ quarantine }: { quarantine?: object }) => quarantine !== undefined),
    [true, false],
  );

  // Without the canary the other version serves; let go, the version does.
  await postJson("models/yard/aliases/canary", { version: null });
  const job = await postJson("jobs", { source, model: "yard@1" });
  assert.equal(job.status, 202, JSON.stringify(job.body));
  assert.equal((await remove("models/yard/versions/2/quarantine")).status, 204);
  const again = await postJson("jobs", { source, model: "yard@2" });
  assert.equal(again.status, 202, JSON.stringify(again.body));
  for (const { body } of [job, again]) await pipeline.jobs.cancel(body.id);
});

test("a job that is accepted while its version is being deleted keeps it", async () => {
  await upload(one!, { name: "yard", version: "1" });
  const { objects, jobs } = api.pipeline;
  const { body } = await ask("models/yard/versions/1");
  const before = await modelObjects();
  const id = newJobId();
  await using racing = await startTestApi();
  // the job comes after the look at the jobs and before the manifest goes
  const registry = {
    ...{ redis: api.pipeline.redis, site: api.pipeline.site, roster: api.pipeline.roster },
    objects: {
      ...objects,
      async delete(key: string) {
        const model = {
          role: "detector",
          name: "yard",
          version: "1",
          sha256: body.sha256,
        } as const;
        const job = await racing.job();
        const accepted = await racing.pipeline.jobs.accepted(job);
        await jobs.submit({ ...accepted!, id, models: [model] });
        await objects.delete(key);
      },
    },
  };
  await using edge = await startTestApi({ registry, jobs });
  const response = await fetch(`${edge.url}/v1/models/yard/versions/1`, { method: "DELETE" });
  assert.equal(response.status, 409);
  assert.match(((await response.json()) as { detail: string }).detail, new RegExp(id));
  assert.deepEqual(await modelObjects(), before);
  await jobs.cancel(id);
});

test("what was measured is added to a version, newest first, and stays", async () => {
  await upload(one!, { name: "yard", version: "1" });
  const path = "models/yard/versions/1/metrics";
  const reports = [
    { on: "gate.mp4", by: "compare", values: { ap50: 0.5, idf1: 0.75 } },
    { on: "coco val", values: { ap: 0.25 } },
  ];
  for (const report of reports) assert.equal((await postJson(path, report)).status, 201);
  const { body } = await ask("models/yard");
  const metrics = body.versions[0].metrics.map(({ at, ...report }: { at: string }) => {
    assert.ok(Date.parse(at) <= Date.now());
    return report;
  });
  assert.deepEqual(metrics, reports.toReversed());
  const wrong: [unknown, RegExp][] = [
    [{ on: "x", values: {} }, /values: must hold 1 to 50 numbers/],
    [{ on: "x", values: { ap: "high" } }, /values\.ap: must be a number/],
    [{ on: "x", values: { "a b": 1 } }, /is no name of a metric/],
    [{ values: { ap: 1 } }, /on: /],
    [{ on: "x", values: { ap: 1 }, at: "2020-01-01" }, /no option at/],
  ];
  for (const [report, detail] of wrong) {
    const answer = await postJson(path, report);
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, detail);
  }
  const list = await ask("models");
  assert.equal(
    list.body.models.find(({ name }: { name: string }) => name === "yard").versions[0].metrics,
    undefined,
  );
});
