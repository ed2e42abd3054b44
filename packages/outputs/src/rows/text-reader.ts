/** Reads a text piece by piece, and holds no more of it than was asked for. */
export class TextReader implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #held = "";
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** What stands before the next `mark`, and goes on behind it; undefined where there is none any more. */
  async until(mark: string): Promise<string | undefined> {
    for (let from = 0; ;) {
      const at = this.#held.indexOf(mark, from);
      if (at >= 0) return this.#take(at, mark.length);
      from = Math.max(0, this.#held.length - mark.length + 1);
      if (!(await this.#more())) return undefined;
    }
  }

  /** The same in pieces. Throws where the text ends before the mark. */
  async *piecesUntil(mark: string): AsyncGenerator<string> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      if (at >= 0) {
        if (at > 0) yield this.#take(at, 0);
        this.#take(0, mark.length);
        return;
      }
      const whole = this.#held.length - mark.length + 1;
      if (whole > 0) yield this.#take(whole, 0);
      if (!(await this.#more())) throw new Error("the text ends within a row");
    }
  }

  async rest(): Promise<string> {
    while (await this.#more());
    return this.#take(this.#held.length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }

  #take(length: number, skipped: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length + skipped);
    return taken;
  }

  async #more(): Promise<boolean> {
    if (this.#isOver) return false;
    const { value, done } = await this.#chunks.next();
    this.#isOver = done === true;
    this.#held +=
      done === true ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true });
    return true;
  }
}
