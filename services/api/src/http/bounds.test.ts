import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { putAliases } from "@framequeue/pipeline";
import { JSON_LIMIT_BYTES } from "./body-bounds.ts";
import { postJson, startTestApi, type TestApi } from "../testing/test-api.ts";

/** Bytes that an answer to a wrong request has at most, and that a line of the log has. */
const SMALL = 20_000;

let api: TestApi;
let jobs: string;
let source: { path: string };
before(async () => {
  api = await startTestApi();
  jobs = `${api.url}/v1/jobs`;
  const folder = join(api.folder, "videos");
  await mkdir(folder);
  source = { path: join(folder, "v.mp4") };
  await writeFile(source.path, "bytes");
});
after(() => api[Symbol.asyncDispose]());

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** A value of that many characters as JSON, more or less, for every place of a request. */
function hugeRequests(size: number): Record<string, unknown> {
  const text = "ü".repeat(size / 2);
  const label = (i: number): string => `label number ${i}`;
  const list = Array.from({ length: size / 20 }, (_, i) => label(i));
  const fields = Object.fromEntries(list.map((name) => [name, 1]));
  // As text: what would write it goes as deep.
  const deep = `${'{"a":'.repeat(size / 8)}1${"}".repeat(size / 8)}`;
  const zone = { name: "z", polygon: Array.from({ length: size / 8 }, () => [0.1, 0.2]) };
  return {
    label: { source, options: { labels: [text] } },
    labels: { source, options: { labels: list } },
    embedLabels: { source, options: { embedLabels: list } },
    analyticsLabels: { source, analytics: { labels: list } },
    model: { source, model: text },
    classifier: { source, classifier: text },
    path: { source: { path: `/${text}` } },
    inside: { source: { path: `${source.path}/${"x".repeat(size / 2)}` } },
    url: { source: { url: `https://example.org/${text}` } },
    unknown: { source, [text]: 1 },
    manyUnknown: { source, ...fields },
    manyUnknownBelow: { source, options: { tracker: fields } },
    deep: `{"source":${JSON.stringify(source)},"options":{"tracker":${deep}}}`,
    deepList: `${"[".repeat(size / 2)}${"]".repeat(size / 2)}`,
    zone: { source, analytics: { zones: [zone] } },
    zones: { source, analytics: { zones: Array.from({ length: size / 20 }, () => ({})) } },
    text: JSON.stringify(text),
    list,
  };
}

for (const size of [970_000, 230_000, 6_000, 1_500]) {
  test(`requests with ${size} bytes in a wrong place get a small answer, a short log, and leave nothing`, async () => {
    const kept = await api.objects();
    for (const [place, request] of Object.entries(hugeRequests(size))) {
      if (size < 10_000 && /abels?$|url/.test(place)) continue; // those are allowed
      const from = api.log.length;
      const { status, body } = await postJson(jobs, request);
      assert.ok(status >= 400 && status < 500, `${place}: ${status}`);
      assert.ok(sizeOf(body) <= SMALL, `${place}: ${sizeOf(body)}`);
      assert.notEqual(body.detail, "", place);
      for (const line of api.log.slice(from)) assert.ok(sizeOf(line) <= SMALL, place);
    }
    assert.deepEqual(await api.objects(), kept);
  });
}

test("what a job may say is kept, however much that is", async () => {
  const labels = Array.from({ length: 1_500 }, (_, i) => `a label with a long name ${i}`);
  const sha256 = "c".repeat(64);
  const model = { name: "many", version: "1", sha256, task: "detection", labels };
  await api.pipeline.objects.put(`models/${sha256}/manifest.json`, JSON.stringify(model));
  const asked = { source, model: "many", options: { labels } };
  const { status, body } = await postJson(jobs, asked);
  assert.equal(status, 202);
  assert.deepEqual((await api.pipeline.jobs.accepted(body.id))?.options.labels, labels);
  const list = await fetch(jobs);
  assert.equal(list.status, 200);
  assert.ok((await list.text()).length <= SMALL);
});

test("paths of any length get a small answer", async () => {
  const long = "x".repeat(8_000);
  for (const path of [
    long,
    `v1/jobs/${long}`,
    `v1/jobs/${newJobId()}/results/${long}`,
    `v1/jobs?limit=${long}`,
    `v1/jobs?${long}=1`,
    `v1/models/${long}`,
    `v1/models/yolox-nano/versions/${long}`,
    `runbooks/${long}`,
  ]) {
    const answer = await fetch(`${api.url}/${path}`);
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${path.slice(0, 60)}`);
    assert.ok((await answer.text()).length <= SMALL, path.slice(0, 60));
  }
  const alias = await postJson(`${api.url}/v1/models/yolox-nano/aliases/${long}`, { version: "1" });
  assert.equal(alias.status, 404);
  assert.ok(sizeOf(alias.body) <= SMALL);
});

test("a JSON body that is too large is refused before it is read", async () => {
  const { port } = new URL(api.url);
  const head = "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  // What is on its way before the answer is seen; the whole would be a gigabyte.
  const inFlight = 2 ** 27;
  for (const [how, header, begin] of [
    ["by its length", "Content-Length: 1000000000\r\n\r\n", ""],
    ["by its chunks", "Transfer-Encoding: chunked\r\n\r\n", "3B9ACA00\r\n"],
  ] as const) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {}); // the server hangs up in the end
    await once(socket, "connect");
    socket.write(head + header + begin);
    const answered = once(socket, "data") as Promise<[Buffer]>;
    let sent = 0;
    const over = new AbortController();
    void answered.then(() => over.abort());
    const piece = Buffer.alloc(65_536, " ");
    while (!over.signal.aborted && sent < 1e9 && !socket.destroyed) {
      sent += piece.length;
      if (!socket.write(piece)) await Promise.race([once(socket, "drain"), answered]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [answer] = await answered;
    assert.match(answer.toString(), /^HTTP\/1\.1 413 /, how);
    assert.ok(sent <= JSON_LIMIT_BYTES + inFlight, `${how}: ${sent}`);
    socket.destroy();
  }
});

test("a model whose name no file could have breaks no list, is looked at and deleted, and gets no alias", async () => {
  const { objects } = api.pipeline;
  const models = `${api.url}/v1/models`;
  const [long, sha256] = ["n".repeat(300), "b".repeat(64)];
  await objects.put(
    `models/${sha256}/manifest.json`,
    JSON.stringify({ name: long, version: "1", sha256, task: "detection" }),
  );
  await putAliases(objects, {
    ...{ v: 1, name: "yolox-nano", revision: 1, before: [] },
    stable: "a".repeat(64),
  });
  const ask = async (path = ""): Promise<number> => (await fetch(`${models}${path}`)).status;
  assert.equal(await ask(), 200);
  assert.equal(await ask("/yolox-nano"), 200);
  assert.equal(await ask(`/${long}`), 200);
  for (const alias of ["stable", "canary"]) {
    const { status, body } = await postJson(`${models}/${long}/aliases/${alias}`, { version: "1" });
    assert.deepEqual([status, body.code, body.at], [422, "model-invalid", "name"]);
  }
  assert.equal((await postJson(jobs, { source, model: long })).status, 202);
  assert.equal((await postJson(jobs, { source, model: "m".repeat(300) })).status, 422);
  for (const { id } of await api.pipeline.jobs.list({ limit: 100 })) {
    await api.pipeline.jobs.cancel(id);
  }
  const gone = await fetch(`${models}/${long}/versions/1`, { method: "DELETE" });
  assert.equal(gone.status, 204);
  assert.equal(await ask(`/${long}`), 422);
});
