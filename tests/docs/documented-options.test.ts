import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { CONDITIONS, FORMATS } from "@framequeue/outputs";

// What can be set is documented with its default, and nothing is documented that cannot be set.

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The cells of a document's tables, a row each, without backticks. */
function tableRows(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const bare = (cell: string): string => cell.replace(/^`(.*)`$/, "$1");

test("every result is in the lists of results, and says when there is one", () => {
  const tables = tableRows(read("docs/results.md")).filter(([name = ""]) => /^`[^`]+`$/.test(name));
  const stated = new Map(tables.map(([name = "", condition = ""]) => [bare(name), condition]));
  for (const { name, when } of FORMATS) assert.equal(stated.get(name), CONDITIONS[when].text, name);
});

test("every format that is made on request is described with its options", () => {
  const text = read("docs/http-api.md");
  for (const { name, made, options } of FORMATS) {
    if (made !== "request") continue;
    const row = text.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    assert.ok(row, `${name} in docs/http-api.md`);
    const shape = (options as { shape?: object } | undefined)?.shape ?? {};
    for (const option of Object.keys(shape)) assert.ok(row.includes(`\`${option}`), option);
  }
});

/** Of a default as it is written in the code, such as `6 * 3_600` or `2 * 2 ** 30`. */
function product(text: string): number {
  return text
    .replaceAll("_", "")
    .split(/(?<!\*)\*(?!\*)/)
    .map((factor) => factor.split("**").map(Number))
    .reduce((all, [base = 1, power = 1]) => all * base ** power, 1);
}

/** Source files whose settings users set; what tests and benchmarks tell each other is none. */
const SOURCES = ["packages/*/src/**/*.ts", "services/*/src/**/*.ts"]
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .filter((path) => !/\.test\.ts$|\/testing\/|conformance/.test(path));

test("every setting stands in the documents, with its default where that is a number or a word", () => {
  const documents = ["README.md", ...globSync("docs/**/*.md", { cwd: ROOT })].map(read).join("\n");
  const rows = tableRows(documents);
  const faults: string[] = [];
  // Between processes of ours: no user sets it.
  const own = new Set(["FQ_RUN_BY"]);
  const names = new Set<string>();
  for (const path of SOURCES) {
    const text = read(path).replaceAll(/^\s*(?:\*|\/\/|\/\*).*$/gm, "");
    for (const [name] of text.matchAll(/\bFQ_[A-Z0-9_]*[A-Z0-9]\b/g)) names.add(name);
    for (const [, name = "", value = ""] of text.matchAll(
      /\b(FQ_[A-Z0-9_]+): (?:integer|number|boolean|choice)Setting\([^)]*?default: ("[^"]*"|[\d_* .]+|[\w.]+)/g,
    )) {
      const stated = rows.flatMap(([...cells]) => {
        const at = cells.findIndex((cell) => cell.includes(`\`${name}\``));
        return at < 0 ? [] : [cells[at + 1] ?? ""];
      });
      const plain = /^\d/.test(value) ? String(product(value)) : value.replace(/^"|"$/g, "");
      if (!/^(?:\d+|[a-z-]+)$/.test(plain) || stated.length === 0) continue;
      const isStated = stated.some(
        (cell) => cell.includes(`\`${plain}\``) || !/^`[^`]*`$/.test(cell),
      );
      if (!isStated) faults.push(`${name} has the default ${plain}, not ${stated.join(" or ")}`);
    }
  }
  for (const name of names) {
    // A secret may stand in a file: said once for all of them.
    if (!own.has(name) && !new RegExp(`\\b${name.replace(/_FILE$/, "")}\\b`).test(documents))
      faults.push(name);
  }
  assert.deepEqual(faults, []);
  assert.ok(names.size > 40, `${names.size} settings`);
});

test("every option of every command stands in its help", () => {
  const faults: string[] = [];
  let options = 0;
  const files = [
    ...globSync("packages/cli/src/**/*.ts", { cwd: ROOT }),
    "bench/src/main.ts",
    "tests/chaos/main.ts",
    "tests/rehearse/main.ts",
    "tests/docs/commands/main.ts",
  ];
  const texts = files.filter((path) => !path.endsWith(".test.ts")).map(read);
  const help = texts.join("\n");
  for (const text of texts) {
    for (const [, quoted, plain] of text.matchAll(
      /^\s+(?:"([\w-]+)"|(\w+)): \{ type: "(?:string|boolean)"/gm,
    )) {
      const name = quoted ?? plain!;
      options++;
      const isHelped = help.includes(`--${name}`);
      if (!isHelped && name !== "help") faults.push(name);
    }
  }
  assert.deepEqual(faults, []);
  assert.ok(options > 50, `${options} options`);
});
