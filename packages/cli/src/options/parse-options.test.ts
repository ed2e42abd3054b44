import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { parseStrictly, wholeNumber } from "./parse-options.ts";

const options = { out: { type: "string" }, json: { type: "boolean" } } as const;

test("values and positionals come back", () => {
  const { values, positionals } = parseStrictly({
    args: ["a.mp4", "--out", "there", "--json"],
    options,
    allowPositionals: true,
  });
  assert.deepEqual([values.out, values.json, positionals], ["there", true, ["a.mp4"]]);
});

const wrong: [string[], RegExp][] = [
  [["--nope"], /There is no option --nope; --help lists them\./],
  [["--out"], /--out/],
  [["stray"], /stray/],
];
for (const [args, message] of wrong) {
  test(`${args.join(" ")} is refused by name`, () => {
    assert.throws(
      () => parseStrictly({ args, options }),
      (error) =>
        error instanceof ProblemError &&
        error.code === "unknown-option" &&
        message.test(error.message),
    );
  });
}

test("whole numbers are those within the bounds", () => {
  assert.equal(wholeNumber("64", "--n", 1, 64), 64);
  for (const text of ["0", "65", "1.5", "many", "", " ", "NaN"]) {
    assert.throws(() => wholeNumber(text, "--n", 1, 64), /--n takes a whole number from 1 to 64\./);
  }
});
