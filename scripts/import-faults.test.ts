import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import type { Architecture } from "./architecture.ts";
import { importFaults } from "./import-faults.ts";

const ARCHITECTURE: Architecture = {
  layers: [
    { name: "pure", folders: ["packages/sums"], pure: true },
    { name: "adapters", folders: ["packages/disk", "packages/net"] },
    { name: "services", folders: ["services/*"], importsItself: false },
  ],
  heavy: { anvil: ["packages/disk"] },
  browser: ["packages/sums/src/page.ts"],
};

/** A small sound workspace: two pure files, two adapters, two services, a benchmark. */
const SOUND: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ devDependencies: { "@x/net": "workspace:*", anvil: "1" } }),
  "packages/sums/package.json": manifest("@x/sums"),
  "packages/sums/src/index.ts": 'export * from "./add.ts";',
  "packages/sums/src/add.ts": "export const add = 1;",
  "packages/sums/src/page.ts": 'export * from "./line.ts";',
  "packages/sums/src/line.ts": 'import type { Hash } from "node:crypto";',
  "packages/sums/src/add.test.ts": 'import "node:fs";\nimport "anvil";\nimport "./index.ts";',
  "packages/disk/package.json": manifest("@x/disk", ["@x/sums", "anvil"]),
  "packages/disk/src/index.ts": 'import "@x/sums";\nimport "anvil";\nimport "node:fs";',
  "packages/net/package.json": manifest("@x/net", ["@x/disk"]),
  "packages/net/src/index.ts": 'import "@x/disk";',
  "services/one/package.json": manifest("@x/one", ["@x/net"]),
  "services/one/src/main.ts": 'import "@x/net";',
  "services/two/package.json": manifest("@x/two"),
  "services/two/src/main.ts": "export {};",
  "bench/main.ts": 'import "@x/net";\nimport "anvil";',
};

function manifest(name: string, dependencies: readonly string[] = []): string {
  return JSON.stringify({
    name,
    exports: { ".": "./src/index.ts" },
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, "*"])),
  });
}

function faultsWith(changes: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), "fq-imports-"));
  try {
    for (const [path, text] of Object.entries({ ...SOUND, ...changes })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return importFaults(root, ARCHITECTURE);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("a sound tree has no faults", () => {
  assert.deepEqual(faultsWith({}), []);
});

const FAULTS: readonly [name: string, changes: Record<string, string>, expected: RegExp][] = [
  [
    "an arrow back",
    {
      "packages/sums/package.json": manifest("@x/sums", ["@x/disk"]),
      "packages/sums/src/add.ts": 'import type { Disk } from "@x/disk";',
      "packages/disk/src/index.ts": 'import "anvil";',
    },
    /^packages\/sums\/src\/add.ts:1 .*"adapters" stands above "pure"/,
  ],
  [
    "a service that imports a service",
    {
      "services/two/package.json": manifest("@x/two", ["@x/one"]),
      "services/two/src/main.ts": 'import "@x/one";',
    },
    /^services\/two\/src\/main.ts:1 .*no two packages of layer "services"/,
  ],
  [
    "a path past the exports",
    { "packages/net/src/index.ts": 'import "@x/disk/src/index.ts";' },
    /packages\/disk\/package.json does not export ".\/src\/index.ts"/,
  ],
  [
    "a relative path out of the package",
    { "packages/net/src/index.ts": '\nimport "../../disk/src/index.ts";' },
    /^packages\/net\/src\/index.ts:2 .*a relative path out of packages\/net; import @x\/disk/,
  ],
  [
    "a relative path from a benchmark into a package",
    { "bench/main.ts": 'import "../packages/net/src/index.ts";' },
    /a relative path out of the repository's own files; import @x\/net/,
  ],
  [
    "a heavy library away from home",
    {
      "packages/net/package.json": manifest("@x/net", ["anvil"]),
      "packages/net/src/index.ts": 'import "anvil/sub";',
    },
    /only packages\/disk may import it/,
  ],
  [
    "an import that is not declared",
    { "services/two/src/main.ts": 'const net = await import("@x/net");' },
    /not declared in services\/two\/package.json/,
  ],
  [
    "files in pure code",
    { "packages/sums/src/add.ts": 'import { readFile } from "node:fs/promises";' },
    /packages\/sums only computes/,
  ],
  [
    "a builtin without its prefix",
    { "packages/net/src/index.ts": 'import "fs";' },
    /write "node:fs"/,
  ],
  [
    "a cycle between files",
    { "packages/sums/src/add.ts": 'import "./index.ts";' },
    /^a cycle: packages\/sums\/src\/add.ts → packages\/sums\/src\/index.ts → packages\/sums\/src\/add.ts$/,
  ],
  [
    "a cycle between packages",
    {
      "packages/disk/package.json": manifest("@x/disk", ["@x/sums", "@x/net", "anvil"]),
      "packages/disk/src/index.ts": 'import "@x/net";',
    },
    /^a cycle: packages\/disk → packages\/net → packages\/disk$/,
  ],
  [
    "a package without a layer",
    { "packages/new/package.json": manifest("@x/new") },
    /^packages\/new has no layer/,
  ],
  [
    "Node below what browsers load",
    { "packages/sums/src/line.ts": 'import { randomBytes } from "node:crypto";' },
    /^packages\/sums\/src\/page.ts → packages\/sums\/src\/line.ts imports "node:crypto"/,
  ],
];

for (const [name, changes, expected] of FAULTS) {
  test(`${name} is the one fault found`, () => {
    const faults = faultsWith(changes);
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0]!, expected);
  });
}

test("types in a circle are one too", () => {
  const changes = { "packages/sums/src/add.ts": 'import type { Index } from "./index.ts";' };
  assert.equal(faultsWith(changes).length, 1);
});
