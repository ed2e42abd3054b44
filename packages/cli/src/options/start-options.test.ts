import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { parseStartOptions } from "./start-options.ts";

test("a number of processes is fixed, two with a dash are a range", () => {
  const options = parseStartOptions(["--infer-processes", "0-4", "--decode-processes=3"]);
  assert.deepEqual(options?.inferProcesses, { min: 0, max: 4 });
  assert.deepEqual(options?.decodeProcesses, { min: 3, max: 3 });
  assert.deepEqual(parseStartOptions([])?.inferProcesses, { min: 1, max: 1 });
});

for (const text of ["0", "4-2", "1-65", "-1", "1-", "two", "0-0"]) {
  test(`--infer-processes=${text} is refused`, () => {
    assert.throws(
      () => parseStartOptions([`--infer-processes=${text}`]),
      (error) => error instanceof ProblemError && /--infer-processes takes/.test(error.message),
    );
  });
}
