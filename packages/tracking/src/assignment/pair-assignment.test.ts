import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BoxXyxy } from "@framequeue/vision";
import { solveAssignment } from "./assignment.ts";
import { solvePairs, takeForcedPairs, unambiguousPairs } from "./pair-assignment.ts";
import { PairList } from "./pair-list.ts";

const seed = 19870301;

/** A list of what is not 0, worth its overlap. */
function listOf(overlaps: readonly (readonly number[])[]): PairList {
  const pairs = new PairList();
  const place = (value: number, i: number): BoxXyxy => [100 * i, 0, 100 * i + value, 1];
  const size = Math.max(overlaps.length, overlaps[0]?.length ?? 0) ** 2;
  // Whatever the boxes are: what counts is put in afterwards.
  const boxes = Array.from({ length: size }, (_, i) => place(1, i));
  pairs.fillWithIou(boxes, boxes);
  pairs.count = 0;
  for (const [row, values] of overlaps.entries()) {
    for (const [column, value] of values.entries()) {
      if (value === 0) continue;
      pairs.rows[pairs.count] = row;
      pairs.columns[pairs.count] = column;
      pairs.overlaps[pairs.count] = value;
      pairs.gains[pairs.count] = value;
      pairs.count++;
    }
  }
  return pairs;
}

const tables: [string, number[][], number[] | null][] = [
  ["none above the threshold", [[0.3, 0.1]], null],
  [
    "one per row and column",
    [
      [0, 0.4, 0.3],
      [0.9, 0, 0],
      [0, 0, 0.2],
    ],
    [1, 0, -1],
  ],
  ["two in a row", [[0.4, 0.5]], null],
  ["two in a column", [[0.4], [0.5]], null],
];
for (const [name, rows, expected] of tables) {
  test(`unambiguous pairs: ${name}`, () => {
    const pairs = unambiguousPairs(listOf(rows), rows.length, rows[0]!.length, 0.3);
    assert.deepEqual(pairs === null ? null : [...pairs], expected);
  });
}

/** The greatest sum over full assignments of the smaller side. */
function greatestSum(gains: Float64Array, rows: number, columns: number): number {
  const columnOfRow = solveAssignment(
    gains.map((gain) => -gain),
    rows,
    columns,
  );
  return columnOfRow.reduce((sum, j, i) => sum + (j < 0 ? 0 : gains[i * columns + j]!), 0);
}

const gain = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  fc.double({ min: -0.5, max: 1, noNaN: true }),
);
const matrix = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(gain, { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );

test("the sum is that of the full problem, with losses at 0", () => {
  fc.assert(
    fc.property(matrix, (values) => {
      const [rows, columns] = [values.length, values[0]!.length];
      const columnOfRow = solvePairs(listOf(values), rows, columns);
      const used = [...columnOfRow].filter((column) => column >= 0);
      assert.equal(new Set(used).size, used.length);
      const sum = columnOfRow.reduce((total, j, i) => total + (j < 0 ? 0 : values[i]![j]!), 0);
      const gains = Float64Array.from(values.flat(), (value) => Math.max(0, value));
      assert.ok(Math.abs(sum - greatestSum(gains, rows, columns)) < 1e-9);
    }),
    { seed, numRuns: 1000 },
  );
});

test("forced pairs are in the optimum of the full problem, whatever pairs that are not listed are worth", () => {
  fc.assert(
    fc.property(
      matrix,
      fc.infiniteStream(fc.double({ min: -0.1, max: 0.1, noNaN: true })),
      (values, more) => {
        const [rows, columns] = [values.length, values[0]!.length];
        const listed = values.map((row) => row.map((value) => (value > 0.1 ? value : 0)));
        const columnOfRow = new Int32Array(rows).fill(-1);
        takeForcedPairs(listOf(listed), rows, columns, columnOfRow, 0.1);
        const gains = Float64Array.from(listed.flat(), (value) =>
          value === 0 ? more.next().value! : value,
        );
        const freeSum = greatestSum(gains, rows, columns);
        for (const [row, column] of columnOfRow.entries()) {
          if (column < 0) continue;
          const without = gains.slice();
          without[row * columns + column] = -100;
          if (rows > 1 || columns > 1) assert.ok(greatestSum(without, rows, columns) < freeSum);
        }
      },
    ),
    { seed, numRuns: 1000 },
  );
});
