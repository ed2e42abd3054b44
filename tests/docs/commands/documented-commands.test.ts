import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { documentedCommands } from "./documented-commands.ts";
import { allCommands } from "./documents.ts";
import { PLANS, planOf } from "./plans.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("commands stand in blocks and between backticks", () => {
  const markdown = [
    "Say `npm run demo`, not `npm`; `FQ_A=1 npm test -- x` too.",
    "```sh",
    "# only a remark",
    "npm start   # until Ctrl-C",
    "curl -d '#' \\",
    "  http://x/#y",
    "cat > f <<'END'",
    "# no remark",
    "END",
    "```",
    "```",
    "$ npm run models -- list",
    "what it prints",
    "```",
    "```json",
    "npm start",
    "```",
  ].join("\n");
  assert.deepEqual(
    documentedCommands("a.md", markdown).map(({ text }) => text),
    [
      "npm start",
      "curl -d '#' \\\n  http://x/#y",
      "cat > f <<'END'\n# no remark\nEND",
      "npm run models -- list",
      "npm run demo",
      "FQ_A=1 npm test -- x",
    ],
  );
});

test("of every command in the documents it is said whether it is run, and how", () => {
  const silent = allCommands(ROOT).filter(({ text }) => planOf(text) === undefined);
  assert.deepEqual(silent, [], "say it in tests/docs/commands/plans.ts");
});

test("nothing is said of commands that no document has any more", () => {
  const texts = new Set(allCommands(ROOT).map(({ text }) => text));
  assert.deepEqual(
    Object.keys(PLANS).filter((text) => !texts.has(text)),
    [],
  );
});
