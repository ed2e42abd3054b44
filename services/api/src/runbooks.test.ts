import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { call, startTestApi } from "./testing/test-api.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("every alert links to a page that the API has, for a browser without a key", async () => {
  await using api = await startTestApi({ apiKeys: ["user-key-0123456789"] });
  const rules = readFileSync(join(ROOT, "monitoring/prometheus/rules/alerts.yml"), "utf8");
  const paths = [...rules.matchAll(/\{\{ end \}\}(\/runbooks\/[^'\s]+)/g)].map(([, path]) => path!);
  assert.equal(paths.length, [...rules.matchAll(/- alert: /g)].length);
  for (const path of ["/runbooks", ...paths]) {
    const page = await fetch(api.url + path);
    assert.equal(page.status, 200, path);
    assert.equal(page.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.match(await page.text(), /^# /);
  }
});

test("nothing else of the folder's neighbours can be read", async () => {
  await using api = await startTestApi();
  for (const name of ["nothing", "..%2FREADME", "..%2F..%2Fpackage.json", "job-stuck.md", "%00"]) {
    const { status, body } = await call(`${api.url}/runbooks/${name}`);
    assert.deepEqual([status, body.code], [404, "not-found"], name);
  }
});
