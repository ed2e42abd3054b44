import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMotText } from "@framequeue/tracking";
import { countedRows, motTruth, type MotTruthOptions } from "./mot-truth.ts";

function uses(text: string, options?: MotTruthOptions): string[] {
  return motTruth(parseMotText(text), options).boxes.map(({ use }) => use);
}

const classes =
  "1,1,0,0,5,5,1,1,1\n1,2,0,0,5,5,0,1,1\n1,3,0,0,5,5,0,8,1\n1,4,0,0,5,5,1,6,1\n1,5,0,0,5,5,1,3,1\n";

test("rows with a class follow MOT17", () => {
  const expected = ["scored", "bystander", "ignored", "bystander", "bystander"];
  assert.deepEqual(uses(classes), expected);
  assert.deepEqual(uses(classes, { benchmark: "mot17" }), expected);
});

test("MOT20 ignores class 6 too, MOT15 knows no classes", () => {
  assert.deepEqual(uses(classes, { benchmark: "mot20" })[3], "ignored");
  assert.deepEqual(uses(classes, { benchmark: "mot15" }), [
    "scored",
    "bystander",
    "bystander",
    "scored",
    "scored",
  ]);
});

test("rows without a class follow MOT15", () => {
  assert.deepEqual(uses("1,1,0,0,5,5,1,-1,-1,-1\n1,2,0,0,5,5,0,-1,-1,-1\n"), [
    "scored",
    "bystander",
  ]);
  assert.deepEqual(uses("1,1,0,0,5,5\n"), ["scored"]);
});

test("names of classes: their numbers stand in column 8 as CVAT writes them, or in column 10 as the demo does", () => {
  const labels = ["car", "truck", "person"];
  const cvat = motTruth(
    parseMotText("1,1,0,0,5,5,1,1,1\n1,2,0,0,5,5,1,3,0.5\n1,3,0,0,5,5,0,2,1\n"),
    { labels },
  );
  assert.deepEqual(
    cvat.boxes.map(({ use, classId }) => [use, classId]),
    [
      ["scored", 0],
      ["scored", 2],
      ["ignored", 1],
    ],
  );
  assert.deepEqual([...cvat.setAside], [["with 0 in column 7", 1]]);
  const demo = motTruth(parseMotText("1,1,0,0,5,5,1,1,1,3\n1,2,0,0,5,5,0,8,0.1,2\n"), { labels });
  assert.deepEqual(
    demo.boxes.map(({ use, classId }) => [use, classId]),
    [
      ["scored", 2],
      ["ignored", 1],
    ],
  );
});

test("whatever the classes and flags, every row counts or is set aside with a reason", () => {
  for (const benchmark of ["mot15", "mot17", "mot20"] as const) {
    const rows = Array.from({ length: 26 }, (_, i) => [1, i, 0, 0, 5, 5, i % 2, 1 + (i >> 1), 1]);
    const text = rows.map((row) => row.join(",")).join("\n");
    const { boxes, setAside } = motTruth(parseMotText(text), { benchmark });
    const counted = countedRows({ boxes });
    const aside = [...setAside.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(counted + aside, rows.length);
  }
});

const refused: [what: string, text: string, options: MotTruthOptions, message: RegExp][] = [
  [
    "no class column where a benchmark needs one",
    "1,1,0,0,5,5,1\n",
    { benchmark: "mot17" },
    /^row 1 \(frame 1, id 1\) has no class in column 8, by which mot17/,
  ],
  [
    "a class in some rows only",
    "1,1,0,0,5,5,1,1,1\n1,2,0,0,5,5,1,-1,1\n",
    {},
    /^row 2 .* has no class in column 8/,
  ],
  [
    "a class that MOTChallenge does not number",
    "1,1,0,0,5,5,1,1,1\n2,1,0,0,5,5,1,17,1\n",
    {},
    /class 17 in column 8, which is none of MOTChallenge's 13: name the classes in a labels\.txt/,
  ],
  [
    "names, and no class column",
    "1,1,0,0,5,5,1\n",
    { labels: ["car"] },
    /^row 1 .* has no class in column 8$/,
  ],
  [
    "a class without a name",
    "1,1,0,0,5,5,1,2,1\n",
    { labels: ["car"] },
    /has class 2 in column 8, and there are names for 1$/,
  ],
  [
    "one row without a class in column 10",
    "1,1,0,0,5,5,1,1,1,1\n1,2,0,0,5,5,1,1,1,-1\n",
    { labels: ["car"] },
    /^row 2 .* has no class in column 10$/,
  ],
];
for (const [what, text, options, message] of refused) {
  test(`a truth is refused with ${what}`, () => {
    assert.throws(() => motTruth(parseMotText(text), options), { name: "TruthError", message });
  });
}
