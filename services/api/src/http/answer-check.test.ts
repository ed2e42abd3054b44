import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATIONS } from "@framequeue/contracts";
import { checkAnswer, checkProblem, NotAsDeclared } from "./answer-check.ts";
import type { AnyAnswer } from "./handler.ts";

const headers = { link: "</v1/openapi.json>" };
const json = { name: "framequeue", version: "v1", endpoints: ["GET /"] };
const TABLE: readonly [string, AnyAnswer, RegExp | undefined][] = [
  ["as declared", { status: 200, headers, json }, undefined],
  ["another status", { status: 201, headers, json }, /declares no 201/],
  ["without a header", { status: 200, json }, /declares link/],
  ["a value missing", { status: 200, headers, json: { ...json, name: undefined } }, /name/],
  ["a value of another kind", { status: 200, headers, json: { ...json, version: 1 } }, /version/],
  ["more than declared", { status: 200, headers, json: { ...json, path: "/data" } }, /more/],
  [
    "undefined, which is not sent",
    { status: 200, headers, json: { ...json, x: undefined } },
    undefined,
  ],
];

for (const [what, answer, fault] of TABLE) {
  test(`an answer ${what}`, () => {
    const check = (): void => checkAnswer("getRoot", OPERATIONS.getRoot, answer);
    if (fault === undefined) check();
    else
      assert.throws(
        check,
        (error: unknown) => error instanceof NotAsDeclared && fault.test(error.message),
      );
  });
}

test("a problem that an operation does not declare", () => {
  checkProblem("getJob", OPERATIONS.getJob, "job-not-found");
  checkProblem("getJob", OPERATIONS.getJob, "internal");
  assert.throws(() => checkProblem("getJob", OPERATIONS.getJob, "job-running"), NotAsDeclared);
});
