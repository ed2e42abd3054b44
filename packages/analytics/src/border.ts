/** Where and when something was seen. */
export interface Moment {
  readonly frame: number;
  readonly pts: number;
  /** Since the first frame. */
  readonly seconds: number;
}

/** What became certain about a side. */
export interface SideChange {
  readonly side: -1 | 1;
  /** When this side was first touched. */
  readonly since: Moment;
  /** No other side was certain before. */
  readonly isFirst: boolean;
}

/**
 * On which side of a border something is. A box trembles, and an object that stands on the border must not cross it in
 * every frame: only what is `margin` away from it counts as being on a side. A crossing has the moment in which the other
 * side was first touched, though it is known only when the margin is passed.
 */
export class Border {
  readonly #margin: number;
  #side: -1 | 0 | 1 = 0;
  #touched: { readonly side: -1 | 1; readonly at: Moment } | undefined;

  /** @param margin in the unit of the distances, 0 or more */
  constructor(margin: number) {
    this.#margin = margin;
  }

  /** The side that is certain; 0 before there is one. */
  get side(): -1 | 0 | 1 {
    return this.#side;
  }

  /** @param distance from the border, above 0 on one side and below 0 on the other; 0 belongs to neither */
  see(distance: number, at: Moment): SideChange | undefined {
    const side = Math.sign(distance) as -1 | 0 | 1;
    if (side === 0) return undefined;
    if (side === this.#side) this.#touched = undefined;
    else if (this.#touched?.side !== side) this.#touched = { side, at };
    if (side === this.#side || Math.abs(distance) < this.#margin) return undefined;
    const change: SideChange = { side, since: this.#touched!.at, isFirst: this.#side === 0 };
    this.#side = side;
    this.#touched = undefined;
    return change;
  }
}
