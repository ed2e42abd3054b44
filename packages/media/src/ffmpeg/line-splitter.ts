/** Cuts chunks of text into lines; what follows the last line break waits for the next chunk. */
export class LineSplitter {
  #rest = "";

  push(chunk: string): string[] {
    // A line without end is not looked through from its start with every chunk.
    if (!chunk.includes("\n")) {
      this.#rest += chunk;
      return [];
    }
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  /** The last line, where it had no line break. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}
