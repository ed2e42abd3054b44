import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApi } from "./testing/test-api.ts";

const KEY = "admin-key-0123456789";
const basic = (password: string): string =>
  `Basic ${Buffer.from(`anybody:${password}`).toString("base64")}`;

test("the queues can be looked at with an admin key, and with no other", async () => {
  await using api = await startTestApi({ apiKeys: ["user-key-0123456789"], adminKeys: [KEY] });
  const get = (path: string, authorization?: string) =>
    fetch(`${api.url}${path}`, { headers: authorization === undefined ? {} : { authorization } });
  for (const shown of [undefined, basic("wrong"), basic("user-key-0123456789"), "Basic %%"]) {
    const refused = await get("/admin/queues", shown);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("www-authenticate"), 'Basic realm="framequeue admin"');
    assert.equal(((await refused.json()) as { code: string }).code, "unauthorized");
  }
  const page = await get("/admin/queues/", basic(KEY));
  assert.equal(page.status, 200);
  assert.match(await page.text(), /Framequeue/);
  const listed = await get("/admin/queues/api/queues", `Bearer ${KEY}`);
  const { queues } = (await listed.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
  assert.deepEqual(queues.map(({ name }) => name).sort(), [
    ...["decode", "derive", "enhance", "fetch", "index", "infer", "ingest", "render", "track"],
  ]);
  assert.ok(queues.every(({ readOnlyMode }) => readOnlyMode));
  assert.equal((await get("/v1/jobs", `Bearer ${KEY}`)).status, 401);
});

test("nothing can be changed there", async () => {
  await using api = await startTestApi({ adminKeys: [KEY] });
  const answer = await fetch(`${api.url}/admin/queues/api/queues/infer/pause`, {
    method: "PUT",
    headers: { authorization: basic(KEY) },
  });
  assert.equal(answer.status, 405);
});

test("without an admin key there is no such page", async () => {
  await using api = await startTestApi();
  const answer = await fetch(`${api.url}/admin/queues`, { headers: { authorization: basic("") } });
  assert.equal(answer.status, 404);
});
