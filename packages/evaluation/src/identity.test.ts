import assert from "node:assert/strict";
import { test } from "node:test";
import { identityCounts, identityScores } from "./identity.ts";
import { alignSequence } from "./sequence.ts";
import { boxesAt, truthAt } from "./timeline.ts";

type Places = Readonly<Record<number, readonly number[]>>;

const rows: [string, Places, Places, [hits: number, wrong: number, missed: number]][] = [
  ["nothing at all", {}, {}, [0, 0, 0]],
  ["an object without tracks", { 1: [0, 0] }, {}, [0, 0, 2]],
  ["a track without objects", {}, { 1: [0, 0] }, [0, 2, 0]],
  ["a perfect track", { 1: [0, 0, 0] }, { 9: [0, 0, 0] }, [3, 0, 0]],
  [
    "of two tracks over one object the longer stands for it",
    { 1: [0, 0, 0, 0, 0] },
    { 8: [0, 0, -1, -1, -1], 9: [-1, -1, 0, 0, 0] },
    [3, 2, 2],
  ],
  [
    "the choice is the best over all: 2 + 3 beats 4 + 0",
    // 9 is on 1 for four frames and on 2 for three, 8 on 1 for two.
    {
      1: [0, 0, 0, 0, -1, -1, -1, 0, 0],
      2: [-1, -1, -1, -1, 50, 50, 50, -1, -1],
    },
    {
      9: [0, 0, 0, 0, 50, 50, 50, -1, -1],
      8: [-1, -1, -1, -1, -1, -1, -1, 0, 0],
    },
    [5, 4, 4],
  ],
  [
    "one prediction may lie on two objects; each identity counts once",
    { 1: [0], 2: [2] },
    { 9: [1] },
    [1, 0, 1],
  ],
];
for (const [name, objects, tracks, expected] of rows) {
  test(`identity: ${name}`, () => {
    const counts = identityCounts(alignSequence(truthAt(objects), boxesAt(tracks)));
    assert.deepEqual(
      [counts.idTruePositives, counts.idFalsePositives, counts.idFalseNegatives],
      expected,
    );
  });
}

test("IDF1, IDP and IDR are worked out by hand", () => {
  const scores = identityScores({ idTruePositives: 3, idFalsePositives: 1, idFalseNegatives: 9 });
  assert.deepEqual([scores.idf1, scores.idPrecision, scores.idRecall], [6 / 16, 3 / 4, 1 / 4]);
  const none = identityScores({ idTruePositives: 0, idFalsePositives: 0, idFalseNegatives: 0 });
  assert.deepEqual([none.idf1, none.idPrecision, none.idRecall], [0, 0, 0]);
});
