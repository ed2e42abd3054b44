import assert from "node:assert/strict";
import { test } from "node:test";
import { nextDeal, type WaitingChunk } from "./deal.ts";

const terms = { slots: 8, threads: 2, idle: true, waitMs: 4, now: 100 };

/** Chunks of so many pictures that came just now; a negative number is one that may not share. */
function waiting(sizes: readonly number[], since = terms.now): WaitingChunk[] {
  return sizes.map((size) => ({ pictures: Math.abs(size), alone: size < 0, since }));
}

test("which chunks go into the next run", () => {
  const rows: [string, readonly number[], Partial<typeof terms>, object][] = [
    ["a full chunk goes at once", [8, 8], {}, { take: 1 }],
    ["small ones fill a run", [1, 1, 1, 1, 1, 1, 1, 1, 1], {}, { take: 8 }],
    ["one that does not fit is not waited for", [5, 4], {}, { take: 1 }],
    ["a run that is not full waits", [3, 4], {}, { waitMs: 4 }],
    ["… until its time is over", [3, 4], { now: 104 }, { take: 2 }],
    ["… only as long as the oldest still may", [3], { now: 101.5 }, { waitMs: 2.5 }],
    ["behind a run there is time", [3, 4], { idle: false, now: 500 }, { waitMs: Infinity }],
    ["a full one may wait behind a run", [3, 5], { idle: false }, { take: 2 }],
    ["one alone shares with nobody", [-1, 1, 1], {}, { take: 1 }],
    ["… nor waits behind another", [-1, 8], { idle: false }, { waitMs: Infinity }],
    ["nobody shares with one alone", [2, -1, 8], {}, { take: 1 }],
    ["runs of one never wait", [1], { slots: 1 }, { take: 1 }],
    ["messages hold a few of them", Array(16).fill(1), { slots: 1 }, { take: 4 }],
    ["threads get a share each", [1, 1, 1, 1], { slots: 1 }, { take: 2 }],
    ["messages hold whole runs", Array(16).fill(1), { slots: 3 }, { take: 3 }],
    ["a chunk of several runs goes as it is", [4, 4], { slots: 1 }, { take: 1 }],
  ];
  for (const [name, sizes, changed, expected] of rows) {
    assert.deepEqual(nextDeal(waiting(sizes), { ...terms, ...changed }), expected, name);
  }
});
