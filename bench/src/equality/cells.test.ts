import assert from "node:assert/strict";
import { test } from "node:test";
import { allCells, bySystem, someCells } from "./cells.ts";

test("there are 108 different cells in nine systems", () => {
  const cells = allCells();
  assert.equal(new Set(cells.map((cell) => JSON.stringify(cell))).size, 108);
  const groups = bySystem(cells);
  assert.deepEqual(
    groups.map((group) => group.length),
    Array.from({ length: 9 }, () => 12),
  );
});

test("a few cells are different ones, and six hold every worker count, segment length and store", () => {
  const six = someCells(6);
  assert.equal(new Set(six.map((cell) => JSON.stringify(cell))).size, 6);
  assert.equal(new Set(six.map(({ workers }) => workers)).size, 3);
  assert.equal(new Set(six.map(({ store }) => store)).size, 3);
  assert.equal(new Set(six.map(({ segmentSeconds }) => segmentSeconds)).size, 3);
  assert.ok(new Set(six.map(({ batch }) => batch)).size >= 3);
  assert.equal(someCells(1_000).length, 108);
});
