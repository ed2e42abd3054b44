import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { derivationTaskSchema, type JobId, ProblemError } from "@framequeue/contracts";
import { openQueues } from "@framequeue/pipeline";
import { call, startTestApi, type TestApi } from "./testing/test-api.ts";
import { withoutCurl } from "./testing/curl.ts";

const VIDEO = randomBytes(300_000);
let api: TestApi;
let job: JobId;
let results: string;
before(async () => {
  api = await startTestApi();
  job = await api.job();
  await api.finish(job, {
    "annotated.mp4": VIDEO,
    "frames.jsonl": Buffer.from('{"frame":0}\n'),
    "mot.txt": Buffer.alloc(0),
  });
  results = `${api.url}/v1/jobs/${job}/results`;
});
after(() => api[Symbol.asyncDispose]());

const get = async (name: string, headers: Record<string, string> = {}, method = "GET") => {
  const response = await fetch(`${results}/${name}`, { headers, method });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, header: (key: string) => response.headers.get(key), bytes };
};

test("a whole file, with its type, length, tag and name", async () => {
  const whole = await get("annotated.mp4");
  assert.equal(whole.status, 200);
  assert.ok(whole.bytes.equals(VIDEO));
  assert.equal(whole.header("content-type"), "video/mp4");
  assert.equal(whole.header("content-length"), "300000");
  assert.equal(whole.header("accept-ranges"), "bytes");
  assert.equal(whole.header("content-disposition"), 'inline; filename="annotated.mp4"');
  const artifact = (await api.pipeline.jobs.result(job))!.artifacts["annotated.mp4"]!;
  assert.equal(whole.header("etag"), `"${artifact.sha256}"`);
  const empty = await get("mot.txt");
  assert.deepEqual([empty.status, empty.bytes.length], [200, 0]);
  assert.equal(empty.header("content-type"), "text/plain; charset=utf-8");
  assert.equal((await get("frames.jsonl")).header("content-type"), "application/jsonl");
  const { body } = await call(`${api.url}/v1/jobs/${job}`);
  assert.equal(body.results["mot.txt"], `/v1/jobs/${job}/results/mot.txt`);
});

test("HEAD is GET without the bytes", async () => {
  const head = await get("annotated.mp4", {}, "HEAD");
  assert.deepEqual([head.status, head.bytes.length], [200, 0]);
  assert.equal(head.header("content-length"), "300000");
});

test("ranges", async () => {
  const table: [string, number, number][] = [
    ["bytes=0-99", 0, 99],
    ["bytes=299990-", 299_990, 299_999],
    ["bytes=-5", 299_995, 299_999],
  ];
  for (const [range, start, end] of table) {
    const part = await get("annotated.mp4", { range });
    assert.equal(part.status, 206);
    assert.equal(part.header("content-range"), `bytes ${start}-${end}/300000`);
    assert.equal(part.header("content-length"), String(end - start + 1));
    assert.ok(part.bytes.equals(VIDEO.subarray(start, end + 1)));
  }
  assert.equal((await get("annotated.mp4", { range: "bytes=0-1,3-4" })).status, 200);
  const outside = await get("annotated.mp4", { range: "bytes=300000-" });
  assert.equal(outside.status, 416);
  assert.equal(outside.header("content-range"), "bytes */300000");
  assert.equal(outside.header("etag"), null);
  assert.match(String(outside.bytes), /range-not-satisfiable/);
});

test("conditions: If-None-Match and If-Range", async () => {
  const etag = (await get("annotated.mp4", {}, "HEAD")).header("etag")!;
  const same = await get("annotated.mp4", { "if-none-match": `"x", ${etag}` });
  assert.deepEqual([same.status, same.bytes.length], [304, 0]);
  assert.equal((await get("annotated.mp4", { "if-none-match": '"x"' })).status, 200);
  const range = "bytes=0-9";
  assert.equal((await get("annotated.mp4", { range, "if-range": etag })).status, 206);
  assert.equal((await get("annotated.mp4", { range, "if-range": '"x"' })).status, 200);
});

test("curl goes on with a download that was cut off", { skip: withoutCurl }, async () => {
  const { stdout } = await promisify(execFile)(
    "curl",
    ["-sS", "-C", "200000", "-o", "-", `${results}/annotated.mp4`],
    { encoding: "buffer", maxBuffer: 2 ** 20 },
  );
  assert.ok(stdout.equals(VIDEO.subarray(200_000)));
});

test("what is not there: no such result, not yet, never", async () => {
  const problem = async (id: JobId, name: string) => {
    const { status, body } = await call(`${api.url}/v1/jobs/${id}/results/${name}`);
    return [status, body.code, body.detail] as const;
  };
  const [status, code, detail] = await problem(job, "summary.json");
  assert.deepEqual([status, code], [404, "not-found"]);
  assert.match(detail!, /There are: annotated\.mp4, frames\.jsonl, mot\.txt/);
  for (const name of ["constructor", "..%2Faccepted.json", "__proto__"]) {
    assert.equal((await problem(job, name))[0], 404);
  }
  const running = await api.job();
  assert.deepEqual((await problem(running, "mot.txt")).slice(0, 2), [409, "result-not-ready"]);
  await api.pipeline.jobs.cancel(running);
  assert.deepEqual((await problem(running, "mot.txt")).slice(0, 2), [404, "not-found"]);
});

test("a format that nobody makes is told to come later; one that cannot be made says why", async () => {
  const later = await get("coco.json");
  assert.deepEqual([later.status, later.header("retry-after")], [202, "1"]);
  assert.match(later.bytes.toString(), /coco\.json is being made/);
  // It waits in the queue, once.
  await get("coco.json", {}, "HEAD");
  assert.equal((await api.pipeline.queues.depth("derive")).waiting, 1);
  const [task] = await openQueues(api.pipeline.redis)
    .find(({ name }) => name === "derive")!
    .getWaiting();
  await api.pipeline.derivations.fail(
    derivationTaskSchema.parse(task!.data),
    new ProblemError("store-full", "There is no room."),
  );
  const problem = async (id: JobId, name: string) => {
    const { status, body } = await call(`${api.url}/v1/jobs/${id}/results/${name}`);
    return [status, body.code, body.at] as const;
  };
  assert.deepEqual((await problem(job, "coco.json")).slice(0, 2), [507, "store-full"]);
  assert.deepEqual(await problem(job, "coco.json?minScore=x"), [
    400,
    "invalid-request",
    "minScore",
  ]);
  assert.deepEqual((await problem(job, "coco.json?a=1")).slice(0, 2), [400, "unknown-option"]);
  assert.deepEqual((await problem(job, "tracks.vtt")).slice(0, 2), [404, "not-found"]);
  const running = await api.job();
  assert.deepEqual((await problem(running, "coco.json")).slice(0, 2), [409, "result-not-ready"]);
});

for (const [what, strike] of [
  ["gone", (key: string) => api.pipeline.objects.delete(key)],
  ["other bytes", (key: string) => api.pipeline.objects.put(key, "2")],
] as const) {
  test(`a result file that is ${what} is not handed out, whole or in part`, async () => {
    const id = await api.job();
    await api.finish(id, { "mot.txt": Buffer.from("1") });
    const url = `${api.url}/v1/jobs/${id}/results/mot.txt`;
    const { headers } = await call(url);
    await strike(`jobs/${id}/artifacts/0/mot.txt`);
    const etag = headers.get("etag")!;
    for (const asked of [{}, { range: "bytes=0-0" }, { "if-none-match": etag }]) {
      const answer = await call(url, { headers: asked });
      assert.deepEqual([answer.status, answer.body.code], [409, "result-damaged"]);
      assert.equal(answer.headers.get("etag"), null);
      assert.doesNotMatch(JSON.stringify(answer.body), /ENOENT|objects\//);
    }
  });
}

test("a client that stops reading is no fault", async () => {
  const { signal, abort } = (() => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort() };
  })();
  const id = await api.job();
  await api.finish(id, { "annotated.mp4": Buffer.alloc(30_000_000) });
  const before = api.log.filter(({ level }) => level === "error").length;
  const response = await fetch(`${api.url}/v1/jobs/${id}/results/annotated.mp4`, {
    signal,
    headers: { "x-request-id": "stopped" },
  });
  const reader = response.body!.getReader();
  await reader.read();
  abort();
  while (!api.log.some(({ requestId }) => requestId === "stopped")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(api.log.filter(({ level }) => level === "error").length, before);
});
