import assert from "node:assert/strict";
import { test } from "node:test";
import { Deck } from "./deck.ts";
import { createRandom } from "@framequeue/synth";

const CARDS = [
  { name: "a", times: 3 },
  { name: "b", times: 1 },
];

function deal(deck: Deck<(typeof CARDS)[number]>, count: number): string[] {
  return Array.from({ length: count }, () => deck.deal().name);
}

test("every round has each card as often as it says, in an order of the seed's", () => {
  const rounds = (seed: number): string[] => deal(new Deck(CARDS, createRandom(seed, 0)), 40);
  assert.deepEqual(rounds(1), rounds(1));
  assert.notDeepEqual(rounds(1), rounds(2));
  for (let at = 0; at < 40; at += 4) {
    assert.deepEqual(
      rounds(3)
        .slice(at, at + 4)
        .sort(),
      ["a", "a", "a", "b"],
    );
  }
});

test("a card that could not be played comes again in its round", () => {
  const deck = new Deck(CARDS, createRandom(1, 0));
  deck.takeBack(deck.deal());
  assert.deepEqual(deal(deck, 4).sort(), ["a", "a", "a", "b"]);
});
