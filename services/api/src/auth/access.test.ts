import assert from "node:assert/strict";
import { request } from "node:http";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { after, before, test } from "node:test";
import { call, startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(() => api[Symbol.asyncDispose]());

/** fetch does not let a test choose Host and Origin. */
async function status(method: string, headers: Record<string, string>, path = "/v1/jobs") {
  const outgoing = request(api.url + path, { method, headers, agent: false }).end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test("without keys: only names of this machine in Host", async () => {
  for (const host of ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:80", "LocalHost"]) {
    assert.equal(await status("GET", { host }), 200, host);
  }
  for (const host of [
    "evil.example",
    "localhost.evil.example:80",
    "127.0.0.1.evil.example",
    "0.0.0.0",
  ]) {
    assert.equal(await status("GET", { host }), 401, host);
    assert.equal(await status("GET", { host }, "/metrics"), 401, host);
  }
});

test("without keys: no posts from pages of another origin", async () => {
  const post = (headers: Record<string, string>) =>
    status("POST", { host: "localhost:1", "content-type": "application/json", ...headers });
  assert.equal(await post({}), 400);
  assert.equal(await post({ origin: "http://localhost:1" }), 400);
  assert.equal(await post({ "sec-fetch-site": "same-origin" }), 400);
  for (const origin of [
    "http://localhost:2",
    "http://evil.example",
    "null",
    "https://localhost:1",
  ]) {
    assert.equal(await post({ origin }), 401, origin);
  }
  assert.equal(await post({ "sec-fetch-site": "cross-site" }), 401);
});

test("with keys: /v1 needs one, the rest does not, and any host name will do", async () => {
  const keys = ["first-key-0123456789", "second-key-0123456789"];
  await using keyed = await startTestApi({ apiKeys: keys });
  const get = (path: string, headers: [string, string][] = []) =>
    call(keyed.url + path, { headers });
  const refused = await get("/v1/jobs");
  assert.equal(refused.status, 401);
  assert.equal(refused.body.code, "unauthorized");
  assert.equal(refused.headers.get("www-authenticate"), 'Bearer realm="framequeue"');
  for (const header of [
    ["authorization", `Bearer ${keys[0]}`],
    ["authorization", `bearer ${keys[1]}`],
    ["x-api-key", keys[1]!],
  ] as const) {
    assert.equal((await get("/v1/jobs", [[...header]])).status, 200);
  }
  for (const header of [
    ["authorization", "Bearer wrong"],
    ["authorization", `Basic ${keys[0]}`],
    ["x-api-key", ""],
    ["x-api-key", keys[0]!.slice(1)],
  ] as const) {
    assert.equal((await get("/v1/jobs", [[...header]])).status, 401);
  }
  assert.equal((await get("/v1")).status, 401);
  assert.equal((await get("/v1/nothing")).status, 401);
  assert.equal((await get("/healthz/live")).status, 200);
  assert.doesNotMatch(JSON.stringify(keyed.log), /first-key/);
});
