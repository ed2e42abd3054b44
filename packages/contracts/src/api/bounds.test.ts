import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { bounded, boundedValue, BOUNDS, listed } from "./bounds.ts";
import { invalid, ProblemError, problemSchema } from "./problems.ts";

/** Characters of the largest problem that there can be, as JSON without escapes. */
const LARGEST_PROBLEM = 20_000;

/** Texts from nothing to a megabyte, with characters of two units at every place. */
const texts = fc
  .tuple(fc.string({ unit: "binary", maxLength: 40 }), fc.integer({ min: 0, max: 30_000 }))
  .map(([text, times]) => text.repeat(times).slice(0, 1_000_000));

test("a text is at most as long as its bound, whole where it fits, and never ends in half a character", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 40, max: BOUNDS.text }), (text, most) => {
      const cut = bounded(text, most);
      assert.ok(cut.length <= most);
      if (text.length <= most) assert.equal(cut, text);
      else assert.match(cut, /… \(\d+ characters\)$/);
      if (text.isWellFormed()) assert.ok(cut.isWellFormed());
    }),
    { numRuns: 200 },
  );
});

test("a problem is small, and valid, whatever it is about", () => {
  const faults = fc
    .tuple(texts, texts, fc.integer({ min: 0, max: 5_000 }))
    .map(([at, detail, times]) => Array.from({ length: times }, () => ({ at, detail })));
  fc.assert(
    fc.property(texts, texts, faults, (detail, at, errors) => {
      const cause = new Error("cause");
      const error = new ProblemError("invalid-request", detail, { at, errors, cause });
      const problem = error.toProblem();
      problemSchema.parse(problem);
      const told = [problem.detail, problem.at ?? "", ...(problem.errors ?? [])];
      const length = told
        .map((each) => (typeof each === "string" ? each : each.at + each.detail))
        .reduce((sum, each) => sum + each.length, 0);
      assert.ok(length <= LARGEST_PROBLEM, String(length));
      assert.ok((error.stack ?? "").length <= LARGEST_PROBLEM);
      assert.equal(error.cause, cause);
    }),
    { numRuns: 100 },
  );
});

test("what a schema finds wrong with a large value makes a small problem", () => {
  const schema = z.strictObject({ list: z.array(z.int()) });
  const many = { list: Array.from({ length: 20_000 }, (_, i) => `entry ${i}`) };
  const strange = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`field${i}`, i]));
  for (const value of [many, { list: [], ...strange }, { list: [], ["x".repeat(1e6)]: 1 }]) {
    const { error } = schema.safeParse(value);
    const problem = invalid("invalid-request", "body", error!).toProblem();
    assert.ok(JSON.stringify(problem).length <= LARGEST_PROBLEM);
  }
  const { errors } = invalid("invalid-request", "body", schema.safeParse(many).error!);
  assert.equal(errors?.length, BOUNDS.entries);
});

test("a list that is told names the first and counts the rest", () => {
  assert.equal(listed(["a", "b"]), "a, b");
  assert.equal(listed(["a", "b", "c"], "; ", 2), "a; b; and 1 more");
  assert.equal(listed([]), "");
});

test("a value is the same where it is small, and is cut everywhere where it is not", () => {
  const bounds = { text: 100, entries: 5, depth: 3 };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const cut = JSON.stringify(boundedValue(value, bounds));
      // Six entries at three levels, each of at most a name and a text, with their escapes.
      assert.ok(cut.length <= 6 ** 3 * 6 * (BOUNDS.name + bounds.text + 10));
    }),
  );
  const small = { a: ["x", 1, null, true], b: { c: { d: 1 } } };
  assert.deepEqual(boundedValue(small, bounds), small);
  const large = { a: "x".repeat(1000), b: Array.from({ length: 1000 }, () => "y"), c: [[[[1]]]] };
  assert.deepEqual(boundedValue(large, bounds), {
    a: bounded("x".repeat(1000), 100),
    b: ["y", "y", "y", "y", "y", "… (1000 entries)"],
    c: [["…"]],
  });
});
