/** Pixels that go into one object. */
const PACK_BYTES = 8 << 20;

/** Gathers pixels into objects of bounded size. */
export class PackWriter {
  readonly #put: (bytes: Uint8Array) => Promise<string>;
  readonly #packs: string[] = [];
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(put: (bytes: Uint8Array) => Promise<string>) {
    this.#put = put;
  }

  async add(part: Uint8Array): Promise<{ pack: number; byteOffset: number }> {
    if (this.#bytes > 0 && this.#bytes + part.length > PACK_BYTES) await this.#flush();
    const place = { pack: this.#packs.length, byteOffset: this.#bytes };
    this.#parts.push(part);
    this.#bytes += part.length;
    return place;
  }

  /** The names of all objects. */
  async end(): Promise<string[]> {
    if (this.#bytes > 0) await this.#flush();
    return this.#packs;
  }

  async #flush(): Promise<void> {
    this.#packs.push(await this.#put(Buffer.concat(this.#parts)));
    this.#parts = [];
    this.#bytes = 0;
  }
}
