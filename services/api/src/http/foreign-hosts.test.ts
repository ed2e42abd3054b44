import assert from "node:assert/strict";
import { test } from "node:test";
import { call, startTestApi } from "../testing/test-api.ts";

const KEY = "admin-key-0123456789";
const AUTHORIZATION = { authorization: `Bearer ${KEY}` };

/** What a page, a style sheet or a script names to be loaded, as it is written there. */
function references(type: string, text: string): string[] {
  const found: string[] = [];
  const collect = (pattern: RegExp): void => {
    for (const match of text.matchAll(pattern)) found.push(match[1]!);
  };
  if (type.startsWith("text/html")) {
    collect(
      /<(?:link|script|img|iframe|source|base|form|object|embed)\b[^>]*\s(?:href|src|action|data)="([^"]*)"/gi,
    );
  }
  collect(/\burl\(\s*["']?([^"')]+)/g);
  collect(/@import\s+["']([^"']+)/gi);
  // How scripts load more: by call, by worker, and by the names of their own parts.
  collect(
    /(?:fetch|importScripts|import|new (?:Worker|EventSource|WebSocket|Request))\(\s*["'`]([^"'`]+)/g,
  );
  collect(/\.(?:src|href)\s*=\s*["'`]([^"'`]+)/g);
  collect(/["'](static\/[^"'\s]+\.(?:js|css|svg|png|ico|json))["']/g);
  return found;
}

test("no page names another host, and what it names is there, and may be loaded", async () => {
  await using api = await startTestApi({ adminKeys: [KEY] });
  const pages = ["/admin/queues", "/admin/queues/", "/admin/queues/queue/infer", "/", "/v1"];
  const waiting = pages.map((path) => new URL(path, api.url).href);
  const seen = new Set<string>();
  let scripts = 0;
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (seen.has(url)) continue;
    seen.add(url);
    const answer = await fetch(url, { headers: AUTHORIZATION });
    assert.equal(answer.status, 200, url);
    const type = answer.headers.get("content-type") ?? "";
    if (!/html|css|javascript/.test(type)) {
      await answer.body?.cancel();
      continue;
    }
    if (type.includes("javascript")) scripts++;
    const text = await answer.text();
    // The page's own base, to which its other references are relative.
    const base = new URL(/<base href="([^"]*)"/.exec(text)?.[1] ?? "", url);
    for (const named of references(type, text)) {
      if (named.startsWith("data:") || named.startsWith("#") || named.includes("${")) continue;
      const from =
        type.startsWith("text/html") || type.includes("css")
          ? base
          : new URL("/admin/queues/", url);
      const target = new URL(named, from);
      assert.equal(target.host, new URL(api.url).host, `${url} names ${named}`);
      waiting.push(target.href);
    }
  }
  assert.ok(scripts >= 4, `the crawl read ${scripts} scripts`);
});

const DIRECTIVES = ["default-src", "base-uri", "form-action", "frame-ancestors"];

test("every answer has a policy, and none lets another host in", async () => {
  await using api = await startTestApi({ apiKeys: ["user-key-0123456789"], adminKeys: [KEY] });
  const user = { authorization: "Bearer user-key-0123456789" };
  const job = await api.job();
  await api.finish(job, {
    "annotated.mp4": Buffer.from("video"),
    "heatmap.png": Buffer.from("picture"),
    "mot.txt": Buffer.from("<script>alert(1)</script>"),
  });
  const asked: readonly [string, number, RequestInit][] = [
    ["/", 200, {}],
    ["/healthz/live", 200, {}],
    ["/healthz/ready", 200, {}],
    ["/metrics", 200, {}],
    ["/nowhere", 404, {}],
    ["/v1/jobs", 401, {}],
    ["/v1/jobs", 405, { method: "PUT", headers: user }],
    ["/v1/jobs", 204, { method: "OPTIONS", headers: user }],
    [
      "/v1/jobs",
      400,
      { method: "POST", headers: { ...user, "content-type": "application/json" }, body: "{" },
    ],
    ["/v1/jobs", 200, { headers: user }],
    [`/v1/jobs/${job}`, 200, { headers: user }],
    [`/v1/jobs/${job}/events`, 200, { headers: user }],
    [`/v1/jobs/${job}/results/annotated.mp4`, 200, { headers: user }],
    [`/v1/jobs/${job}/results/annotated.mp4`, 416, { headers: { ...user, range: "bytes=99-" } }],
    [`/v1/jobs/${job}/results/heatmap.png`, 200, { method: "HEAD", headers: user }],
    [`/v1/jobs/${job}/results/mot.txt`, 200, { headers: user }],
    ["/%", 404, {}],
    ["/admin/queues", 401, {}],
    ["/admin/queues", 200, { headers: AUTHORIZATION }],
    ["/admin/queues/static/nothing.js", 404, { headers: AUTHORIZATION }],
    ["/admin/queues/api/queues", 200, { headers: AUTHORIZATION }],
  ];
  for (const [path, status, init] of asked) {
    const answer = await fetch(api.url + path, init);
    await answer.body?.cancel();
    const what = `${init.method ?? "GET"} ${path} ${answer.status}`;
    assert.equal(answer.status, status, what);
    const policy = answer.headers.get("content-security-policy") ?? "";
    for (const directive of DIRECTIVES)
      assert.match(policy, new RegExp(`(^|; )${directive} `), what);
    assert.doesNotMatch(policy, /\*|https?:|\/\//, what);
    assert.doesNotMatch(policy, /script-src[^;]*unsafe|default-src[^;]*unsafe/, what);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff", what);
    assert.equal(answer.headers.get("x-frame-options"), "DENY", what);
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer", what);
    assert.equal(answer.headers.get("x-powered-by"), null, what);
  }
  const video = await fetch(`${api.url}/v1/jobs/${job}/results/annotated.mp4`, { headers: user });
  await video.body?.cancel();
  // Without it a browser that opens the address shows nothing.
  assert.match(video.headers.get("content-security-policy")!, /media-src 'self'/);
  const { body } = await call(`${api.url}/nowhere`);
  assert.equal(body.code, "not-found");
});
