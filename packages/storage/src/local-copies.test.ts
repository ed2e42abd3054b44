import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { createLocalCopies } from "./local-copies.ts";

function source(text: string) {
  let fetched = 0;
  return {
    fetch: () => {
      fetched++;
      return Readable.from([Buffer.from(text)]);
    },
    fetched: () => fetched,
  };
}

test("copies in use stay, the others up to a size, oldest out first", async () => {
  const copies = createLocalCopies(10);
  const [a, b, c] = [source("aaaaaa"), source("bbbb"), source("cccccc")];
  const lentA = await copies.borrow("a", "1", a.fetch);
  const lentB = await copies.borrow("b", "1", b.fetch);
  await lentA[Symbol.asyncDispose]();
  await lentB[Symbol.asyncDispose]();
  assert.ok(existsSync(lentA.path) && existsSync(lentB.path), "ten bytes are kept");
  const lentC = await copies.borrow("c", "1", c.fetch);
  await lentC[Symbol.asyncDispose]();
  assert.equal(existsSync(lentA.path), false);
  assert.ok(existsSync(lentB.path) && existsSync(lentC.path));
  await (await copies.borrow("b", "1", b.fetch))[Symbol.asyncDispose]();
  assert.equal(b.fetched(), 1);
  const again = await copies.borrow("a", "1", a.fetch);
  assert.equal(a.fetched(), 2);
  assert.equal(await readFile(again.path, "utf8"), "aaaaaa");
  await copies[Symbol.asyncDispose]();
  assert.equal(existsSync(dirname(again.path)), false);
});

test("a copy that did not arrive is fetched anew, and leaves no file", async () => {
  await using copies = createLocalCopies(10);
  const broken = (): Readable =>
    Readable.from(
      (function* () {
        yield Buffer.from("half");
        throw new Error("the line is cut");
      })(),
    );
  const both = [copies.borrow("a", "1", broken), copies.borrow("a", "1", broken)];
  for (const one of await Promise.allSettled(both)) {
    assert.match(String((one as PromiseRejectedResult).reason), /the line is cut/);
  }
  const good = source("whole");
  await using copy = await copies.borrow("a", "1", good.fetch);
  assert.equal(await readFile(copy.path, "utf8"), "whole");
});
