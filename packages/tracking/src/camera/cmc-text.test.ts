import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCmcText } from "./cmc-text.ts";
import { MotTextError } from "../mot-text.ts";

test("rows are read in their order, whatever separates the numbers", () => {
  assert.deepEqual(parseCmcText("0\t1.0\t0\t0.5\t0\t1\t-2\t\n\n1,1,0,3,0,1,4\n"), [
    [1, 0, 0.5, 0, 1, -2],
    [1, 0, 3, 0, 1, 4],
  ]);
  assert.deepEqual(parseCmcText(""), []);
});

test("a row that is not seven numbers is named", () => {
  for (const bad of ["0 1 0 0 0 1", "0 1 0 x 0 1 0", "0 1 0 0 0 1 0 7"]) {
    assert.throws(
      () => parseCmcText(`0 1 0 0 0 1 0\n${bad}\n`),
      (error) => error instanceof MotTextError && error.line === 2,
    );
  }
});
