import type { Random } from "@framequeue/synth";

/**
 * Deals a card as often as its `times` says in every round, in an order of the seed's. Unlike drawing by weight, a run
 * of known length has a known share of each.
 */
export class Deck<T extends { readonly times: number }> {
  readonly #cards: readonly T[];
  readonly #random: Random;
  #left: T[] = [];

  constructor(cards: readonly T[], random: Random) {
    this.#cards = cards.flatMap((card) => Array<T>(card.times).fill(card));
    this.#random = random;
  }

  deal(): T {
    if (this.#left.length === 0) this.#left = [...this.#cards];
    return this.#left.splice(this.#random.integer(0, this.#left.length - 1), 1)[0]!;
  }

  /** One that could not be played now comes again in this round. */
  takeBack(card: T): void {
    this.#left.push(card);
  }
}
