import assert from "node:assert/strict";
import test from "node:test";
import { requestedTests } from "./test-files.ts";

const SOURCES = [
  "bench/main.ts",
  "packages/media/src/probe.test.ts",
  "packages/media/src/probe.ts",
  "services/api/src/media.test.ts",
  "tests/e2e/analyze.test.ts",
];

const CASES: readonly [name: string, args: string[], caller: string, files: number[]][] = [
  ["no filter runs all", [], "/r", [1, 3, 4]],
  ["a part of the path", ["media"], "/r", [1, 3]],
  ["a folder", ["packages/media"], "/r", [1]],
  ["a folder as a shell writes it", ["./packages/media/"], "/r", [1]],
  ["a file seen from the caller's folder", ["src/probe.test.ts"], "/r/packages/media", [1]],
  ["an absolute path", ["/r/tests"], "/elsewhere", [4]],
  ["several filters", ["e2e", "api"], "/r", [3, 4]],
  ["nothing matches", ["nowhere"], "/r", []],
];

for (const [name, args, caller, files] of CASES) {
  test(name, () => {
    const expected = { files: files.map((index) => SOURCES[index]), options: [] };
    assert.deepEqual(requestedTests(args, SOURCES, "/r", caller), expected);
  });
}

test("options go to node, filters do not", () => {
  const request = requestedTests(["--test-name-pattern=a b", "e2e"], SOURCES, "/r", "/r");
  assert.deepEqual(request, { files: [SOURCES[4]], options: ["--test-name-pattern=a b"] });
});
