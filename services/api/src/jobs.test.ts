import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type JobId, jobViewSchema, newJobId } from "@framequeue/contracts";
import { fileState, readAddress } from "@framequeue/pipeline";
import { call, MODEL, postJson, startTestApi, type TestApi } from "./testing/test-api.ts";

let api: TestApi;
let jobs: string;
let video: string;
before(async () => {
  api = await startTestApi();
  jobs = `${api.url}/v1/jobs`;
  video = join(api.folder, "videos/a.mp4");
  await mkdir(join(api.folder, "videos"));
  await writeFile(video, "video");
});
after(() => api[Symbol.asyncDispose]());

test("a file of this machine becomes a job, with defaults filled in and the model pinned", async () => {
  const answer = await postJson(jobs, { source: { path: video }, options: { minScore: 0.4 } });
  assert.equal(answer.status, 202);
  const view = jobViewSchema.parse(answer.body);
  assert.equal(answer.headers.get("location"), `/v1/jobs/${view.id}`);
  assert.equal(view.state, "queued");
  assert.equal(view.source.name, "a.mp4");
  assert.deepEqual(view.models, [{ role: "detector", ...MODEL }]);
  const accepted = await api.pipeline.jobs.accepted(view.id);
  const state = fileState(await stat(video, { bigint: true }));
  const root = join(api.folder, "videos");
  assert.deepEqual(accepted?.source, { kind: "file", path: video, name: "a.mp4", root, state });
  assert.equal(accepted?.options.minScore, 0.4);
  assert.equal(accepted?.execution.batchFrames, 16);
  assert.deepEqual((await call(`${jobs}/${view.id}`)).body, answer.body);
  assert.deepEqual(await api.pipeline.redis.lrange("{fq}:ingest:wait", 0, 0), [
    `ingest-${view.id}`,
  ]);
});

test("credentials of a URL are kept beside the job, and show nowhere", async () => {
  const url = "https://user:hunter2@h.example/v/clip.mp4?sig=hunter2";
  const answer = await postJson(jobs, { source: { url } });
  assert.equal(answer.status, 202);
  assert.equal(answer.body.source.name, "clip.mp4");
  const accepted = await api.pipeline.jobs.accepted(answer.body.id);
  const shown = "https://h.example/v/clip.mp4";
  assert.deepEqual(accepted?.source, { kind: "url", url: shown, name: "clip.mp4" });
  const whole = await readAddress(api.pipeline.objects, answer.body.id, accepted.source);
  assert.equal(whole, url);
  const broken = await postJson(jobs, `{"source":{"url":"${url}"},,}`);
  const unknown = await postJson(jobs, { source: { url }, model: "nope" });
  const all = [answer, broken, unknown, await call(jobs), await call(`${jobs}/${answer.body.id}`)];
  for (const { body } of all) assert.doesNotMatch(JSON.stringify(body), /hunter2/);
  assert.doesNotMatch(JSON.stringify(api.log), /hunter2/);
});

test("what is wrong with a request is said by the field", async () => {
  const source = { path: video };
  const table: [unknown, number, string, string | undefined, RegExp][] = [
    ["{", 400, "invalid-json", undefined, /not JSON/],
    ["not json", 400, "invalid-json", undefined, /not JSON/],
    [[], 400, "invalid-request", "body", /expected object/],
    ["null", 400, "invalid-request", "body", /expected object/],
    [{}, 400, "invalid-request", "source", /must be \{"url"/],
    [{ source: {} }, 400, "invalid-request", "source", /must be \{"url"/],
    [{ source: { url: "ftp://h/a" } }, 400, "invalid-request", "source.url", /URL/],
    [{ source: { path: 5 } }, 400, "invalid-request", "source.path", /string/],
    [{ source: { path: "a.mp4" } }, 400, "invalid-request", "source.path", /absolute/],
    [{ source: { path: "/etc/passwd" } }, 422, "source-forbidden", "source.path", /not below/],
    [{ source: { path: `${video}x` } }, 422, "source-not-found", "source.path", /no file/],
    [{ source, modle: "x" }, 400, "unknown-option", "modle", /^There is no option modle\.$/],
    [
      { source, options: { tracker: { age: 1 } } },
      400,
      "unknown-option",
      "options.tracker.age",
      /no option options\.tracker\.age/,
    ],
    [{ source, options: { everyNth: 0 } }, 400, "invalid-request", "options.everyNth", />=1/],
    [{ source, options: { everyNth: 61 } }, 400, "invalid-request", "options.everyNth", /<=60/],
    [{ source, options: { everyNth: 1.5 } }, 400, "invalid-request", "options.everyNth", /int/],
    [{ source, options: { minScore: 2 } }, 400, "invalid-request", "options.minScore", /<=1/],
    [
      { source, execution: { batchFrames: 0, window: "x" } },
      400,
      "invalid-request",
      "execution.batchFrames",
      /batchFrames.*; execution\.window/,
    ],
    [{ source, model: "nope" }, 422, "model-not-found", "model", /yolox-nano.*npm run models/],
    [`"${"x".repeat(1_000_001)}"`, 413, "payload-too-large", undefined, /262144 bytes/],
  ];
  const before = await api.objects();
  for (const [body, status, code, at, detail] of table) {
    const answer = await postJson(jobs, body);
    const what = JSON.stringify(body).slice(0, 80);
    assert.equal(answer.status, status, what);
    assert.equal(answer.body.code, code, what);
    assert.equal(answer.body.at, at, what);
    assert.match(answer.body.detail!, detail);
    assert.match(answer.headers.get("content-type")!, /^application\/problem\+json/);
  }
  assert.deepEqual(await api.objects(), before);
});

test("a body of another type, and none", async () => {
  const text = await call(jobs, { method: "POST", body: "hello" });
  assert.equal(text.status, 415);
  assert.equal(text.body.code, "unsupported-media-type");
  const none = await call(jobs, { method: "POST" });
  assert.equal(none.status, 415);
  const zipped = await call(jobs, {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": "rot13" },
    body: "{}",
  });
  assert.equal(zipped.status, 415);
});

test("the list is newest first, in pages", async () => {
  await using own = await startTestApi();
  const ids: JobId[] = [];
  for (let i = 0; i < 5; i++) {
    const id = await own.job();
    ids.unshift(id);
    while (Date.now() <= Date.parse((await own.pipeline.jobs.accepted(id))!.acceptedAt));
  }
  const seen: string[] = [];
  let next: string | undefined = "/v1/jobs?limit=2";
  let pages = 0;
  while (next !== undefined) {
    const page: { jobs: { id: string }[]; next?: string } = (await call(own.url + next))
      .body as never;
    seen.push(...page.jobs.map(({ id }) => id));
    next = page.next;
    pages++;
  }
  assert.deepEqual(seen, ids);
  assert.equal(pages, 3);
  const table: [string, number, string][] = [
    ["limit=0", 400, "invalid-request"],
    ["limit=x", 400, "invalid-request"],
    ["limit=101", 400, "invalid-request"],
    ["before=5", 400, "invalid-request"],
    ["page=2", 400, "unknown-option"],
    [`before=${newJobId()}`, 404, "job-not-found"],
  ];
  for (const [query, status, code] of table) {
    const answer = await call(`${own.url}/v1/jobs?${query}`);
    assert.deepEqual([answer.status, answer.body.code], [status, code], query);
  }
});

test("jobs that are not there, and ids that are none", async () => {
  for (const id of [newJobId(), "j1", "..%2F..%2Fetc", "%00", "x".repeat(300)]) {
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/events"],
      ["GET", "/results/frames.jsonl"],
      ["POST", "/cancel"],
      ["POST", "/pause"],
      ["POST", "/resume"],
      ["POST", "/retry"],
    ] as const) {
      const answer = await call(`${jobs}/${id}${path}`, { method });
      assert.deepEqual([answer.status, answer.body.code], [404, "job-not-found"], id + path);
    }
  }
  assert.equal((await call(`${jobs}/%E0%A4%A`)).status, 400);
});

test("cancel: once and again 200, and 409 for a job that has ended otherwise", async () => {
  const id = await api.job();
  for (let i = 0; i < 2; i++) {
    const answer = await call(`${jobs}/${id}/cancel`, { method: "POST" });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.state, "cancelled");
  }
  const done = await api.job();
  await api.finish(done, {});
  const answer = await call(`${jobs}/${done}/cancel`, { method: "POST" });
  assert.deepEqual([answer.status, answer.body.code], [409, "job-ended"]);
});

test("pause and resume: once and again 200, and 409 for a job that has ended", async () => {
  const id = await api.job();
  for (const [action, state] of [
    ["pause", "paused"],
    ["pause", "paused"],
    ["resume", "queued"],
    ["resume", "queued"],
  ]) {
    const answer = await call(`${jobs}/${id}/${action}`, { method: "POST" });
    assert.deepEqual([answer.status, answer.body.state], [200, state]);
  }
  await call(`${jobs}/${id}/cancel`, { method: "POST" });
  for (const action of ["pause", "resume"]) {
    const answer = await call(`${jobs}/${id}/${action}`, { method: "POST" });
    assert.deepEqual([answer.status, answer.body.code], [409, "job-ended"]);
    assert.match(answer.body.detail!, /has ended: cancelled/);
  }
});

test("retry: 202 for a job that failed, 409 for one that runs or has ended well", async () => {
  const id = await api.job();
  const retry = (job: JobId) => call(`${jobs}/${job}/retry`, { method: "POST" });
  const running = await retry(id);
  assert.deepEqual([running.status, running.body.code], [409, "job-running"]);
  await api.pipeline.jobs.fail(id, {
    type: "urn:framequeue:problem:source-damaged",
    title: "Nothing can be decoded from the source",
    status: 422,
    code: "source-damaged",
    detail: "No frame decodes.",
  });
  const failed = await call(`${jobs}/${id}`);
  assert.deepEqual([failed.body.state, failed.body.run], ["failed", 1]);
  const again = await retry(id);
  assert.deepEqual([again.status, again.body.state, again.body.run], [202, "queued", 2]);
  assert.equal(again.body.problem, undefined);
  assert.equal(again.headers.get("location"), `/v1/jobs/${id}`);
  // An event stream that was told the end of the first run is told of the second.
  const events = await fetch(`${jobs}/${id}/events`, { headers: { "last-event-id": "end" } });
  assert.equal(events.status, 200);
  await events.body!.cancel();

  const done = await api.job();
  await api.finish(done, {});
  const cancelled = await api.job();
  await call(`${jobs}/${cancelled}/cancel`, { method: "POST" });
  for (const [job, state] of [
    [done, "succeeded"],
    [cancelled, "cancelled"],
  ] as const) {
    const answer = await retry(job);
    assert.deepEqual([answer.status, answer.body.code], [409, "job-ended"]);
    assert.match(answer.body.detail!, new RegExp(`has ended: ${state}`));
  }
});

test("other paths and other methods", async () => {
  const missing = await call(`${api.url}/v2`);
  assert.deepEqual([missing.status, missing.body.code], [404, "not-found"]);
  const wrong = await call(jobs, { method: "DELETE" });
  assert.deepEqual([wrong.status, wrong.body.code], [405, "method-not-allowed"]);
  assert.equal(wrong.headers.get("allow"), "GET, HEAD, POST, OPTIONS");
  const options = await fetch(jobs, { method: "OPTIONS" });
  assert.equal(options.status, 204);
  assert.equal(options.headers.get("allow"), "GET, HEAD, POST, OPTIONS");
  for (const path of ["/", "/v1"]) {
    const { body } = await call(api.url + path);
    assert.ok((body as unknown as { endpoints: string[] }).endpoints.includes("POST /v1/jobs"));
  }
});

test("headers: request id, nosniff, and nothing about the software", async () => {
  const own = await call(jobs, { headers: { "x-request-id": "abc-1" } });
  assert.equal(own.headers.get("x-request-id"), "abc-1");
  const odd = await call(jobs, { headers: { "x-request-id": "a b" } });
  assert.match(odd.headers.get("x-request-id")!, /^[0-9a-f-]{36}$/);
  assert.equal(own.headers.get("x-content-type-options"), "nosniff");
  assert.equal(own.headers.get("x-powered-by"), null);
  assert.ok(api.log.some((line) => line["requestId"] === "abc-1" && line["status"] === 200));
});

test("health and metrics, with routes as patterns", async () => {
  assert.equal((await call(`${api.url}/healthz/live`)).status, 200);
  assert.equal((await call(`${api.url}/healthz/ready`)).status, 200);
  await fetch(`${jobs}/${newJobId()}`);
  const text = await (await fetch(`${api.url}/metrics`)).text();
  assert.match(text, /fq_http_requests_total\{method="POST",route="\/v1\/jobs",status="202"\} \d/);
  assert.match(text, /fq_http_requests_total\{method="GET",route="\/v1\/jobs\/:id",status="404"\}/);
  assert.match(text, /fq_http_request_seconds_count\{route="\/v1\/jobs"\}/);
  assert.doesNotMatch(text, /route="[^"]*j0/);
});

test("not ready: 503 on /v1 at once", async () => {
  await using away = await startTestApi({ ready: () => false });
  const answer = await call(`${away.url}/v1/jobs`);
  assert.deepEqual([answer.status, answer.body.code], [503, "queue-unavailable"]);
  assert.equal(answer.headers.get("retry-after"), "5");
  assert.equal((await call(`${away.url}/healthz/ready`)).status, 503);
  assert.equal((await call(`${away.url}/healthz/live`)).status, 200);
});

test("a fault of our own is logged once and not told", async () => {
  await using broken = await startTestApi({
    resolveModel: () => Promise.reject(new Error("password=hunter2 in /etc/secret")),
  });
  const answer = await postJson(`${broken.url}/v1/jobs`, { source: { url: "https://h/a.mp4" } });
  assert.deepEqual([answer.status, answer.body.code], [500, "internal"]);
  assert.doesNotMatch(JSON.stringify(answer.body), /hunter2|secret|\.ts/);
  const errors = broken.log.filter(({ level }) => level === "error");
  assert.equal(errors.length, 1);
  assert.equal(errors[0]!["requestId"], answer.headers.get("x-request-id"));
  assert.match(JSON.stringify(errors[0]), /hunter2/);
  assert.deepEqual(await broken.objects(), []);
});

test("a job that has ended is deleted for good, and one that has not says what to do", async () => {
  await using api = await startTestApi();
  const job = await api.job();
  const at = `${api.url}/v1/jobs/${job}`;
  const refused = await call(at, { method: "DELETE" });
  assert.deepEqual([refused.status, refused.body.code], [409, "job-running"]);
  const [, advice] = /POST (\S+)/.exec(refused.body.detail!)!;
  assert.equal((await call(api.url + advice!, { method: "POST" })).body.state, "cancelled");
  const deleted = await fetch(at, { method: "DELETE" });
  assert.deepEqual([deleted.status, await deleted.text()], [204, ""]);
  assert.deepEqual(await api.objects(), []);
  for (const method of ["GET", "DELETE"]) {
    assert.equal((await call(at, { method })).body.code, "job-not-found");
  }
});
