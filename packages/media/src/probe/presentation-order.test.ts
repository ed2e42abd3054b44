import assert from "node:assert/strict";
import { test } from "node:test";
import { presentationOrder } from "./presentation-order.ts";
import { scanOf } from "../testing/packets.ts";

const table: [name: string, packets: string, order: number[]][] = [
  ["pictures stored before those that they need", "0K 3 1 2 4K", [0, 1, 2, 3, 4]],
  ["leading pictures of an open group", "2K 0 1 5K 3 4", [0, 1, 2, 3, 4, 5]],
  ["a recording joined to another", "7K 9 8 0K 2 1", [7, 8, 9, 0, 1, 2]],
  ["the same recording twice", "0K 1 0K 1", [0, 1, 0, 1]],
  ["pictures that are not shown", "-1KD 0K 1", [0, 1]],
  ["some packets without a time", "0K N/A 2", [0, 2]],
  ["most packets without a time", "0K N/A N/A", []],
  ["nothing", "", []],
];

for (const [name, packets, order] of table) {
  test(`order of presentation: ${name}`, () => {
    assert.deepEqual(presentationOrder(scanOf(packets)), order);
  });
}
