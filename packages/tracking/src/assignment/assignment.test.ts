import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { solveAssignment, solveThenReject } from "./assignment.ts";

const seed = 19870401;

type Rows = readonly (readonly number[])[];

const flat = (rows: Rows): Float64Array => Float64Array.from(rows.flat());
const columnsOf = (rows: Rows): number => rows[0]?.length ?? 0;

const tables: [string, Rows, number[]][] = [
  ["one pair", [[7]], [0]],
  [
    "cheapest columns all differ",
    [
      [1, 5, 9],
      [5, 9, 1],
      [9, 1, 5],
    ],
    [0, 2, 1],
  ],
  [
    "the greedy choice is wrong",
    [
      [1, 2],
      [2, 100],
    ],
    [1, 0],
  ],
  [
    "a path through all rows",
    [
      [1, 2, 9],
      [1, 9, 9],
      [9, 2, 3],
    ],
    [1, 0, 2],
  ],
  [
    "more columns than rows",
    [
      [4, 1, 3, 0.5],
      [2, 0, 5, 0.25],
    ],
    [3, 1],
  ],
  ["more rows than columns", [[3], [1], [2]], [-1, 0, -1]],
  [
    "negative costs",
    [
      [-5, -4],
      [-4, 0],
    ],
    [1, 0],
  ],
];
for (const [name, rows, expected] of tables) {
  test(`assignment: ${name}`, () => {
    assert.deepEqual([...solveAssignment(flat(rows), rows.length, columnsOf(rows))], expected);
  });
}

test("sides without entries leave everything unassigned", () => {
  assert.deepEqual([...solveAssignment(new Float64Array(0), 0, 3)], []);
  assert.deepEqual([...solveAssignment(new Float64Array(0), 3, 0)], [-1, -1, -1]);
});

test("costs must be finite and as many as rows times columns", () => {
  assert.throws(() => solveAssignment(new Float64Array(5), 2, 3), RangeError);
  assert.throws(() => solveAssignment(Float64Array.of(1, Number.NaN), 1, 2), RangeError);
  assert.throws(() => solveAssignment(Float64Array.of(1, Infinity), 1, 2), RangeError);
});

test("a bad pair takes part in the optimum and is then rejected", () => {
  const costs = flat([
    [0, 4],
    [4, 9],
  ]);
  assert.deepEqual([...solveThenReject(costs, 2, 2, 5)], [1, 0], "4 + 4 beats 0 + 9");
  assert.deepEqual([...solveThenReject(costs, 2, 2, 3)], [-1, -1], "and then nothing is left");
});

test("a cost equal to the bound survives the rejection", () => {
  assert.deepEqual([...solveThenReject(Float64Array.of(0.5), 1, 1, 0.5)], [0]);
});

/** The least total over all ways to give rows different columns, `price` per row left out. */
function bruteForce(rows: Rows, price: number): number {
  const taken = new Set<number>();
  const best = (row: number): number => {
    if (row === rows.length) return 0;
    let least = price + best(row + 1);
    for (const [column, cost] of rows[row]!.entries()) {
      if (taken.has(column)) continue;
      taken.add(column);
      least = Math.min(least, cost + best(row + 1));
      taken.delete(column);
    }
    return least;
  };
  return best(0);
}

function total(rows: Rows, columnOfRow: Int32Array, price: number): number {
  return columnOfRow.reduce((sum, j, i) => sum + (j < 0 ? price : rows[i]![j]!), 0);
}

function assertMatching(columnOfRow: Int32Array, rows: number): void {
  assert.equal(columnOfRow.length, rows);
  const columns = [...columnOfRow].filter((j) => j >= 0);
  assert.equal(new Set(columns).size, columns.length, "no column twice");
}

/** Coarse costs make ties, fine ones make rounding. */
const cost = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ min: -1, max: 1, noNaN: true }));
const matrix = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );

test("is optimal and assigns the smaller side fully", () => {
  fc.assert(
    fc.property(matrix, (rows) => {
      const columns = columnsOf(rows);
      const columnOfRow = solveAssignment(flat(rows), rows.length, columns);
      assertMatching(columnOfRow, rows.length);
      const assigned = columnOfRow.filter((j) => j >= 0).length;
      assert.equal(assigned, Math.min(rows.length, columns));
      // A price above any saving makes leaving rows out a last resort.
      const expected = bruteForce(rows, 1000);
      assert.ok(Math.abs(total(rows, columnOfRow, 1000) - expected) < 1e-9);
    }),
    { seed, numRuns: 1000 },
  );
});

test("rejecting only drops pairs from the full optimum", () => {
  fc.assert(
    fc.property(matrix, cost, (rows, maxCost) => {
      const full = solveAssignment(flat(rows), rows.length, columnsOf(rows));
      const kept = solveThenReject(flat(rows), rows.length, columnsOf(rows), maxCost);
      for (const [i, j] of full.entries()) {
        assert.equal(kept[i], j >= 0 && rows[i]![j]! <= maxCost ? j : -1);
      }
    }),
    { seed },
  );
});

test("large problems keep the optimality conditions", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (numbers) => {
      const size = 60;
      const costs = Float64Array.from({ length: size * size }, () => numbers.next().value!);
      const columnOfRow = solveAssignment(costs, size, size);
      assertMatching(columnOfRow, size);
      // No exchange of two or three rows may gain anything.
      const at = (i: number, j: number) => costs[i * size + columnOfRow[j]!]!;
      for (let a = 0; a < size; a++) {
        for (let b = 0; b < size; b++) {
          const pair = at(a, a) + at(b, b);
          assert.ok(pair <= at(a, b) + at(b, a) + 1e-12);
          const c = (a + 7 * b + 1) % size;
          if (a === b || b === c || a === c) continue;
          assert.ok(pair + at(c, c) <= at(a, b) + at(b, c) + at(c, a) + 1e-12);
        }
      }
    }),
    { seed, numRuns: 10 },
  );
});
