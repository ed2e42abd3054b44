import assert from "node:assert/strict";
import { test } from "node:test";
import { documents, TABLES } from "./tables/documents.ts";

test("the tables of the documents are those of the code", async () => {
  const all = await documents();
  for (const { path, text, made } of all) {
    assert.equal(text, made, `npm run write:docs makes the tables of ${path}`);
  }
  assert.deepEqual(all.flatMap(({ tables }) => tables).sort(), Object.keys(TABLES).sort());
});
