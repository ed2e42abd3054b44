import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelVotes } from "./label-votes.ts";

test("labels count with their mean over all looks, the best first", () => {
  const votes = new LabelVotes();
  votes.add(1, [
    [0.9, 4],
    [0.1, 2],
  ]);
  votes.add(1, [
    [0.8, 2],
    [0.1, 7],
  ]);
  votes.add(2, []);
  assert.deepEqual(votes.of(1), [
    [0.45, 2],
    [0.45, 4],
    [0.05, 7],
  ]);
  assert.deepEqual(votes.of(2), []);
  assert.equal(votes.of(3), undefined);
});

test("a track has five labels at most", () => {
  const votes = new LabelVotes();
  votes.add(
    1,
    Array.from({ length: 9 }, (_, classId): [number, number] => [0.1, classId]),
  );
  assert.deepEqual(
    votes.of(1)!.map(([, classId]) => classId),
    [0, 1, 2, 3, 4],
  );
});
