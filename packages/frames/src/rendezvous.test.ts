import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseByWeight, rendezvousWeight } from "./rendezvous.ts";

const SERVERS = ["pixels-0:6379", "pixels-1:6379", "pixels-2:6379", "pixels-3:6379"];
/** As the store names what it places: few jobs of many segments, and many jobs of few. */
const ITEMS = [
  ...Array.from({ length: 4_000 }, (_, segment) => `j0000000000000000000000/${segment}`),
  ...Array.from({ length: 4_000 }, (_, job) => `j${String(job).padStart(22, "0")}/0`),
];

test("items spread evenly over the servers, those of one job too", () => {
  for (const items of [ITEMS.slice(0, 4_000), ITEMS.slice(4_000)]) {
    const counts = new Map<string, number>();
    for (const item of items) {
      const server = chooseByWeight(SERVERS, item);
      counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    for (const server of SERVERS) {
      // 1000 of 4000 with a standard deviation of 27.
      assert.ok(Math.abs(counts.get(server)! - 1_000) < 140, `${server}: ${counts.get(server)}`);
    }
  }
});

test("the order of the list does not matter", () => {
  const reversed = SERVERS.toReversed();
  for (const item of ITEMS) {
    assert.equal(chooseByWeight(SERVERS, item), chooseByWeight(reversed, item));
  }
});

test("only items of a server that goes move, and they spread over the others", () => {
  const [gone, ...rest] = SERVERS;
  const heirs = new Map<string, number>();
  for (const item of ITEMS) {
    const before = chooseByWeight(SERVERS, item);
    const after = chooseByWeight(rest, item);
    if (before === gone) heirs.set(after, (heirs.get(after) ?? 0) + 1);
    else assert.equal(after, before);
  }
  for (const server of rest) assert.ok(heirs.get(server)! > 500, `${server}: ${heirs.get(server)}`);
});

test("a server that comes takes its share, and nothing else moves", () => {
  const grown = [...SERVERS, "pixels-4:6379"];
  let moved = 0;
  for (const item of ITEMS) {
    const after = chooseByWeight(grown, item);
    if (after === chooseByWeight(SERVERS, item)) continue;
    assert.equal(after, "pixels-4:6379");
    moved++;
  }
  const share = moved / ITEMS.length;
  assert.ok(share > 0.18 && share < 0.22, `${share} of the items moved`);
});

test("weights are the same everywhere and for ever: services of two releases must agree", () => {
  assert.equal(rendezvousWeight("", ""), 0x22839bbd);
  assert.equal(rendezvousWeight("pixels-0:6379", "j0000000000000000000000/0"), 0xace5880e);
});

test("without servers there is nothing to choose", () => {
  assert.throws(() => chooseByWeight([], "j/0"), RangeError);
});
