import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatMotText, MotTextError, parseMotText } from "./mot-text.ts";
import type { MotRow } from "./mot-text.ts";

const seed = 20160302;

test("reads detections, results, ground truth and blank-separated rows", () => {
  assert.deepEqual(parseMotText("1,-1,889.7,422.6,137.7,520.4,0.94,-1,-1,-1\r\n\n"), [
    { frame: 1, id: -1, boxXywh: [889.7, 422.6, 137.7, 520.4], score: 0.94, rest: [-1, -1, -1] },
  ]);
  assert.deepEqual(parseMotText("2, 3, 10, 20, 30, 40"), [
    { frame: 2, id: 3, boxXywh: [10, 20, 30, 40], score: 1, rest: [] },
  ]);
  assert.deepEqual(parseMotText("7 5 1 2 3 4 1 2 0.5\n"), [
    { frame: 7, id: 5, boxXywh: [1, 2, 3, 4], score: 1, rest: [2, 0.5] },
  ]);
  assert.deepEqual(parseMotText(""), []);
});

test("names the line that is no row", () => {
  const good = "1,1,0,0,10,10,1,-1,-1,-1\n";
  const bad = ["1,1,0,0,10", "0,1,0,0,9,9", "1.5,1,0,0,9,9", "1,x,0,0,9,9", "1,1,,0,9,9"];
  for (const line of [...bad, "1,1,0,0,9,9,NaN", "1,1,0,0,9,Infinity"]) {
    assert.throws(
      () => parseMotText(`${good}\n${line}\n${good}`),
      (error) => error instanceof MotTextError && error.line === 3,
    );
  }
});

test("a row with fewer or more columns than the first is refused: nothing is assumed for what it lacks", () => {
  const rows = ["1,1,0,0,9,9", "1,1,0,0,9,9,1", "1,1,0,0,9,9,1,2", "1,1,0,0,9,9,1,2,0.5"];
  for (const first of rows) {
    for (const second of rows.filter((row) => row !== first)) {
      assert.throws(() => parseMotText(`${first}\n\n${second}\n`), {
        name: "MotTextError",
        line: 3,
        message: /expected \d columns, as in the first row/,
      });
    }
  }
});

test("writes boxes with 2 decimals, scores with 4, never -0", () => {
  const rows: MotRow[] = [
    { frame: 1, id: 2, boxXywh: [-0.001, 10.456, 30, 40.1], score: 0.87654, rest: [] },
    { frame: 2, id: 2, boxXywh: [1, 2, 3, 4], score: 1, rest: [1, 0.25] },
  ];
  assert.equal(formatMotText(rows), "1,2,0,10.46,30,40.1,0.8765,-1,-1,-1\n2,2,1,2,3,4,1,1,0.25\n");
  assert.equal(formatMotText([]), "");
});

test("what it writes it reads back", () => {
  const hundredth = fc.integer({ min: -1e6, max: 1e6 }).map((value) => value / 100 + 0);
  const rowOf = (more: number): fc.Arbitrary<MotRow> =>
    fc
      .tuple(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: -1, max: 1e6 }),
        fc.tuple(hundredth, hundredth, hundredth, hundredth),
        fc.nat(10_000),
        fc.array(hundredth, { minLength: more, maxLength: more }),
      )
      .map(([frame, id, boxXywh, score, rest]) => ({
        frame,
        id,
        boxXywh,
        score: score / 10_000,
        rest,
      }));
  const text = fc.integer({ min: 1, max: 4 }).chain((more) => fc.array(rowOf(more)));
  fc.assert(
    fc.property(text, (rows) => {
      assert.deepEqual(parseMotText(formatMotText(rows)), rows);
    }),
    { seed },
  );
});
