/**
 * Reads rows once for several readers, which go through them in step: the next row is read when all have asked for it, so
 * that one row is held whatever the readers do. A reader that returns early is left out from then on.
 *
 * @throws whatever the rows or a reader throw first, once all readers have ended
 */
export async function fanOut<T>(
  rows: AsyncIterable<T>,
  readers: readonly ((rows: AsyncIterable<T>) => Promise<void>)[],
): Promise<void> {
  const branches = readers.map(() => new Branch<T>());
  let fault: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    fault ??= { error };
    for (const branch of branches) branch.fail(fault.error);
  };
  const feed = async (): Promise<void> => {
    for await (const row of rows) {
      await Promise.all(branches.map((branch) => branch.give(row)));
      if (fault !== undefined) return;
    }
    for (const branch of branches) branch.end();
  };
  const read = async (reader: (typeof readers)[number], branch: Branch<T>): Promise<void> => {
    try {
      await reader(branch);
    } finally {
      branch.leave();
    }
  };
  const work = [feed(), ...readers.map((reader, i) => read(reader, branches[i]!))];
  await Promise.all(work.map((each) => each.catch(fail)));
  if (fault !== undefined) throw fault.error;
}

/** The rows as one reader sees them. */
class Branch<T> implements AsyncIterableIterator<T> {
  /** Resolves when the reader asks, or will never ask again. */
  #asked = Promise.withResolvers<void>();
  #answer: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined;
  #end: { readonly error?: Error } | undefined;

  async give(row: T): Promise<void> {
    await this.#asked.promise;
    if (this.#end !== undefined) return;
    const answer = this.#answer!;
    this.#asked = Promise.withResolvers();
    this.#answer = undefined;
    answer.resolve({ value: row, done: false });
  }

  end(): void {
    this.#close({});
  }

  fail(error: unknown): void {
    this.#close({ error: error instanceof Error ? error : new Error(String(error)) });
  }

  leave(): void {
    this.#close({});
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#end !== undefined) return this.#ending();
    this.#answer = Promise.withResolvers();
    this.#asked.resolve();
    return this.#answer.promise;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.leave();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #close(end: { readonly error?: Error }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#answer?.resolve(this.#ending());
    this.#answer = undefined;
    this.#asked.resolve();
  }

  #ending(): Promise<IteratorResult<T, undefined>> {
    const { error } = this.#end!;
    return error === undefined
      ? Promise.resolve({ value: undefined, done: true })
      : Promise.reject(error);
  }
}
