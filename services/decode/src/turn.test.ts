import assert from "node:assert/strict";
import { test } from "node:test";
import { newJobId } from "@framequeue/contracts";
import { Turn } from "./turn.ts";

/** A turn of 5 s on a clock of its own, in a queue where somebody at virtual time 100 waits. */
function newTurn() {
  const time = { now: 0 };
  const began: number[] = [];
  const queues = {
    began: async (tag: number) => void began.push(tag),
    othersWait: async (_job: string, tag: number) => tag > 100,
  };
  return { time, began, turn: new Turn(queues, newJobId(), 5000, () => time.now) };
}

test("a turn is over after its quantum, once somebody who is further behind waits", async () => {
  const { time, began, turn } = newTurn();
  turn.published(200);
  time.now = 4999;
  assert.equal(await turn.isOver(), false);
  time.now = 5000;
  assert.equal(await turn.isOver(), true);
  assert.deepEqual(began, []);
});

test("where nobody is further behind, the decoder goes on as if it began now", async () => {
  const { time, began, turn } = newTurn();
  turn.published(50);
  time.now = 5000;
  assert.equal(await turn.isOver(), false);
  turn.published(120);
  time.now = 5499;
  assert.equal(await turn.isOver(), false, "not looked at again at once");
  time.now = 5500;
  assert.equal(await turn.isOver(), true);
  assert.deepEqual(began, [50]);
});

test("a turn lasts as long as passing over what was there took, and without anything new it does not end", async () => {
  const { time, turn } = newTurn();
  time.now = 60_000;
  assert.equal(await turn.isOver(), false);
  turn.published(200);
  time.now = 119_999;
  assert.equal(await turn.isOver(), false);
  time.now = 120_000;
  assert.equal(await turn.isOver(), true);
});
