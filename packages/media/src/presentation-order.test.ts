import assert from "node:assert/strict";
import { test } from "node:test";
import { PacketScanBuilder } from "./packet-scan.ts";
import { presentationOrder } from "./presentation-order.ts";

const table: [name: string, packets: string, order: number[]][] = [
  ["pictures stored before those that they need", "0,K 3,_ 1,_ 2,_ 4,K", [0, 1, 2, 3, 4]],
  ["leading pictures of an open group", "2,K 0,_ 1,_ 5,K 3,_ 4,_", [0, 1, 2, 3, 4, 5]],
  ["a recording joined to another", "7,K 9,_ 8,_ 0,K 2,_ 1,_", [7, 8, 9, 0, 1, 2]],
  ["the same recording twice", "0,K 1,_ 0,K 1,_", [0, 1, 0, 1]],
  ["pictures that are not shown", "-1,KD 0,K 1,_", [0, 1]],
  ["some packets without a time", "0,K N/A,_ 2,_", [0, 2]],
  ["most packets without a time", "0,K N/A,_ N/A,_", []],
  ["nothing", "", []],
];

for (const [name, packets, order] of table) {
  test(`order of presentation: ${name}`, () => {
    const builder = new PacketScanBuilder();
    for (const line of packets.split(" ")) builder.add(line);
    assert.deepEqual(presentationOrder(builder.build([])), order);
  });
}
