import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDemoOptions } from "./demo-options.ts";

test("defaults", () => {
  assert.deepEqual(parseDemoOptions([]), {
    seed: 7,
    seconds: 12,
    difficulty: "normal",
    out: "out/demo",
    replace: false,
    json: false,
    render: true,
  });
  assert.equal(parseDemoOptions(["--help"]), undefined);
});

test("every option", () => {
  const args = "--seed 0 --seconds 600 --difficulty hard --out there --replace --json --no-video";
  assert.deepEqual(parseDemoOptions(args.split(" ")), {
    seed: 0,
    seconds: 600,
    difficulty: "hard",
    out: "there",
    replace: true,
    json: true,
    render: false,
  });
});

for (const args of [
  ["--seed", "1.5"],
  ["--seed", "1000000000"],
  ["--seconds", "0"],
  ["--seconds", "601"],
  ["--difficulty", "toString"],
  ["--difficulty", ""],
  ["--model", "x"],
]) {
  test(`${args.join(" ")} is refused`, () => {
    assert.throws(() => parseDemoOptions(args), new RegExp(args[0]!));
  });
}
