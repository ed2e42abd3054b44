import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeMask,
  encodeMask,
  maskArea,
  maskBox,
  maskIntersection,
  maskIou,
  RunBuilder,
  runsFromText,
  runsToText,
} from "./rle.ts";

const seed = 20140501;
/** Rows of a picture, `#` inside. */
const mask = (...rows: readonly string[]): number[] =>
  rows.flatMap((row) => Array.from(row, (character) => (character === "#" ? 1 : 0)));

const table: [name: string, rows: string[], runs: number[]][] = [
  ["nothing", ["..", "..", ".."], [6]],
  ["everything", ["##", "##"], [0, 4]],
  ["the first pixel", ["#..", "..."], [0, 1, 5]],
  ["the last pixel", ["...", "..#"], [5, 1]],
  ["a row, seen down the columns", ["...", "###"], [1, 1, 1, 1, 1, 1]],
  ["a column", [".#.", ".#."], [2, 2, 2]],
  ["a run over the end of a column", ["..", "#.", "##"], [1, 2, 2, 1]],
];
for (const [name, rows, runs] of table) {
  test(`runs of ${name}`, () => {
    const [width, height] = [rows[0]!.length, rows.length];
    assert.deepEqual([...encodeMask(mask(...rows), width, height)], runs);
    assert.deepEqual([...decodeMask(runs, width, height)], mask(...rows));
  });
}

test("the text of runs is that of COCO's tools", () => {
  // worked by hand: 6 is one group; 100 is 4 and 3 groups of five bits; -70 is its two's complement
  assert.equal(runsToText([6]), "6");
  assert.equal(runsToText([0, 4]), "04");
  assert.equal(runsToText([100]), "T3");
  assert.equal(runsToText([5, 100, 5, 30]), "5T35jM");
  assert.deepEqual([...runsFromText("5T35jM")], [5, 100, 5, 30]);
  assert.throws(() => runsFromText("T"), RangeError);
});

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) => {
    const pixels = fc.array(fc.integer({ min: 0, max: 1 }), {
      minLength: width * height,
      maxLength: width * height,
    });
    return fc.tuple(fc.constant({ width, height }), pixels, pixels);
  });

test("encoding, text, area, box, intersection and IoU agree with the pixels", () => {
  fc.assert(
    fc.property(picture, ([{ width, height }, a, b]) => {
      const runs = encodeMask(a, width, height);
      const other = encodeMask(b, width, height);
      assert.deepEqual([...decodeMask(runs, width, height)], a);
      assert.deepEqual(runsFromText(runsToText(runs)), runs);
      const area = a.filter((pixel) => pixel === 1).length;
      assert.equal(maskArea(runs), area);
      const common = a.filter((pixel, i) => pixel === 1 && b[i] === 1).length;
      const union = a.filter((pixel, i) => pixel === 1 || b[i] === 1).length;
      assert.equal(maskIntersection(runs, other), common);
      assert.equal(maskIou(runs, other), union === 0 ? 0 : common / union);
      const inside = a.flatMap((pixel, i) => (pixel === 1 ? [i] : []));
      const columns = inside.map((i) => i % width);
      const rows = inside.map((i) => Math.floor(i / width));
      const [x, y] = [Math.min(...columns), Math.min(...rows)];
      assert.deepEqual(
        maskBox(runs, height),
        area === 0 ? [0, 0, 0, 0] : [x, y, Math.max(...columns) - x + 1, Math.max(...rows) - y + 1],
      );
    }),
    { seed, numRuns: 500 },
  );
});

test("large counts keep their value in the text", () => {
  const runs = [0, 33_000_000, 1, 2, 33_000_000, 7];
  assert.deepEqual([...runsFromText(runsToText(runs))], runs);
});

test("runs that do not fill the picture are refused, and spans that overlap", () => {
  assert.throws(() => decodeMask([3], 2, 2), /3 pixels, not of 2x2/);
  assert.throws(() => decodeMask([3, 9], 2, 2), RangeError);
  const builder = new RunBuilder();
  builder.add(2, 4);
  assert.throws(() => builder.add(3, 5), RangeError);
});
