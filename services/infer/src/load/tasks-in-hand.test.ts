import assert from "node:assert/strict";
import { test } from "node:test";
import { createTasksInHand } from "./tasks-in-hand.ts";

test("tasks in hand fill the tensors of every thread and of the next run, between limits", () => {
  const rows: [number, number, number, number][] = [
    // threads, frames of a task, pictures of a tensor, tasks
    [1, 16, 1, 3],
    [2, 16, 16, 4],
    [4, 16, 16, 6],
    [2, 1, 8, 32],
    [2, 1, 64, 64],
    [2, 5, 8, 7],
  ];
  for (const [threads, frames, slots, tasks] of rows) {
    const inHand = createTasksInHand(threads);
    assert.equal(inHand.count, Math.max(3, threads + 1));
    for (let i = 0; i < 40; i++) inHand.saw(frames, slots);
    assert.equal(inHand.count, tasks, `${threads} threads, ${frames} of ${slots}`);
  }
});

test("what came long ago does not count", () => {
  const inHand = createTasksInHand(2);
  for (let i = 0; i < 40; i++) inHand.saw(1, 8);
  for (let i = 0; i < 40; i++) inHand.saw(16, 8);
  assert.equal(inHand.count, 3);
});
