import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMotText } from "../mot-text.ts";
import { motTruth } from "./mot-truth.ts";
import type { MotBenchmark } from "./mot-truth.ts";

function uses(text: string, benchmark?: MotBenchmark): string[] {
  return motTruth(parseMotText(text), benchmark).map(({ use }) => use);
}

const classes =
  "1,1,0,0,5,5,1,1,1\n1,2,0,0,5,5,0,1,1\n1,3,0,0,5,5,0,8,1\n1,4,0,0,5,5,1,6,1\n1,5,0,0,5,5,1,3,1\n";

test("rows with a class follow MOT17", () => {
  const expected = ["scored", "bystander", "ignored", "bystander", "bystander"];
  assert.deepEqual(uses(classes), expected);
  assert.deepEqual(uses(classes, "mot17"), expected);
});

test("MOT20 ignores class 6 too, MOT15 knows no classes", () => {
  assert.deepEqual(uses(classes, "mot20")[3], "ignored");
  assert.deepEqual(uses(classes, "mot15"), [
    "scored",
    "bystander",
    "bystander",
    "scored",
    "scored",
  ]);
});

test("rows without a class follow MOT15", () => {
  assert.deepEqual(uses("1,1,0,0,5,5,1,-1,-1,-1\n1,2,0,0,5,5,0,-1,-1,-1\n"), [
    "scored",
    "bystander",
  ]);
  assert.deepEqual(uses("1,1,0,0,5,5\n"), ["scored"]);
});
