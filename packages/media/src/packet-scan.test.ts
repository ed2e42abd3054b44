import assert from "node:assert/strict";
import { test } from "node:test";
import { DISCARD, KEY_FRAME, PacketScanBuilder } from "./packet-scan.ts";

function build(lines: string[]) {
  const builder = new PacketScanBuilder();
  for (const line of lines) builder.add(line);
  return builder.build([]);
}

test("packets are kept in file order with their flags", () => {
  const scan = build(["-16384,KD", "32768,K_", "16384,__", "0,___", "81920,K__"]);
  assert.deepEqual([...scan.pts], [-16384, 32768, 16384, 0, 81920]);
  assert.deepEqual([...scan.flags], [KEY_FRAME | DISCARD, KEY_FRAME, 0, 0, KEY_FRAME]);
  assert.deepEqual(
    [scan.packets, scan.keyFrames, scan.discarded, scan.distinctPts],
    [5, 3, 1, true],
  );
});

test("a missing or repeated pts is noticed", () => {
  assert.equal(build(["0,K_", "N/A,__"]).distinctPts, false);
  assert.equal(build(["0,K_", "40,__", "0,__"]).distinctPts, false);
  assert.equal(build([]).distinctPts, true);
});

test("a long file fits", () => {
  const scan = build(Array.from({ length: 5000 }, (_, index) => `${index * 512},__`));
  assert.equal(scan.packets, 5000);
  assert.equal(scan.pts[4999], 4999 * 512);
});
