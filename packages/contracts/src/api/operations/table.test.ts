import assert from "node:assert/strict";
import { test } from "node:test";
import { PROBLEMS } from "../problems.ts";
import { OPERATION_GROUPS, operationList, problemsOf } from "./table.ts";

test("no two operations have one id, or one method and path", () => {
  const ids = Object.values(OPERATION_GROUPS).flatMap((group) => Object.keys(group));
  assert.equal(new Set(ids).size, ids.length);
  const places = operationList().map(([, { method, path }]) => `${method} ${path}`);
  assert.equal(new Set(places).size, places.length);
  assert.ok(places.length > 20);
});

for (const [id, operation] of operationList()) {
  test(`${id} declares what hangs together`, () => {
    const { path, params = {}, scope, answers, headers, summary, method, body } = operation;
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    assert.deepEqual(Object.keys(params).toSorted(), inPath.toSorted());
    // The router asks for a key by the path.
    assert.equal(scope !== "open", path === "/v1" || path.startsWith("/v1/"));
    assert.match(summary, /^[A-Z].*\.$/);
    assert.ok(method === "POST" || body === undefined);
    for (const name of Object.keys(headers?.shape ?? {})) assert.equal(name, name.toLowerCase());
    const statuses = problemsOf(operation).map((code) => PROBLEMS[code].status as number);
    for (const status of Object.keys(answers).map(Number)) {
      assert.ok(!statuses.includes(status), `${status} is an answer and a problem`);
    }
  });
}
