import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { operationList, PROBLEMS } from "@framequeue/contracts";
import { documentPaths } from "./commands/documents.ts";

// No operation and no problem is documented that does not exist; that each is, generated-tables.test.ts says.

const ROOT = resolve(import.meta.dirname, "../..");
const DOCUMENTS = documentPaths(ROOT).map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), "utf8"),
}));

/** `GET /v1/jobs/{id}` as a document or a command of it says it. */
interface Mention {
  readonly document: string;
  readonly method: string;
  readonly path: string;
}

function mentions(): Mention[] {
  return DOCUMENTS.flatMap(({ path: document, text }) => {
    const said = text.matchAll(
      /\b(GET|HEAD|POST|DELETE|PUT|PATCH)`?(?: of)? `?(\/[^\s`?,;)]*?)(?=[.:]?[\s`?,;)])/g,
    );
    const asked = text.matchAll(/\bcurl\b([^`\n]*)http:\/\/localhost:8080(\/[^\s`'"?]*)/g);
    return [
      ...[...said].map(([, method, path]) => ({ document, method: method!, path: path! })),
      ...[...asked].map(([, options, path]) => ({
        document,
        method: /-X (\w+)/.exec(options!)?.[1] ?? (/ -[Fd] /.test(options!) ? "POST" : "GET"),
        path: path!,
      })),
    ];
  });
}

test("what the documents say and send to the API exists", () => {
  const exists = ({ method, path }: Mention): boolean =>
    operationList().some(([, operation]) => {
      const parts = operation.path.split("/");
      const said = path.split("/");
      const fits = parts.every((part, i) => part.startsWith("{") || part === said[i]);
      const isMethod =
        operation.method === method || (operation.method === "GET" && method === "HEAD");
      return isMethod && said.length === parts.length && fits;
    });
  const all = mentions();
  assert.deepEqual(
    all.filter((mention) => !exists(mention)),
    [],
  );
  assert.ok(all.length > 40, `${all.length} mentions`);
});

test("every problem that a document names with its status exists and has that status", () => {
  const faults: string[] = [];
  let named = 0;
  for (const { path, text } of DOCUMENTS) {
    for (const [said, status, code] of text.matchAll(/`(\d{3}) ([a-z]+(?:-[a-z]+)*)`/g)) {
      named++;
      if (PROBLEMS[code as keyof typeof PROBLEMS]?.status !== Number(status)) {
        faults.push(`${path}: ${said}`);
      }
    }
  }
  assert.deepEqual(faults, []);
  assert.ok(named > 20, `${named} problems`);
});
