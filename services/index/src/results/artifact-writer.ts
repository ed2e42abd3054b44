import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Sink } from "@framequeue/outputs";
import type { ObjectStore } from "@framequeue/storage";

/** Where an artefact lies, as the job's result names it. */
export interface StoredArtifact {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

const BUFFER_BYTES = 1 << 18;

/** Writes one result file bit by bit, and then moves it into the store under its hash. */
export class ArtifactWriter implements Sink, AsyncDisposable {
  readonly #path: string;
  readonly #file: Awaited<ReturnType<typeof open>>;
  readonly #hash = createHash("sha256");
  /** What is not written yet. As bytes, because texts that wait would outlive the young heap. */
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;
  #bytes = 0;

  private constructor(path: string, file: Awaited<ReturnType<typeof open>>) {
    this.#path = path;
    this.#file = file;
  }

  /** `path`: a scratch file of the caller's, in a folder that the caller removes. */
  static async open(path: string): Promise<ArtifactWriter> {
    return new ArtifactWriter(path, await open(path, "w"));
  }

  line(line: string): Promise<void> {
    return this.text(`${line}\n`);
  }

  async text(part: string): Promise<void> {
    const bytes = Buffer.byteLength(part);
    if (this.#used + bytes > BUFFER_BYTES) await this.#flush();
    if (bytes > BUFFER_BYTES) await this.#write(Buffer.from(part));
    else this.#used += this.#buffer.write(part, this.#used);
  }

  async bytes(part: Uint8Array): Promise<void> {
    await this.#flush();
    await this.#write(part);
  }

  /** The object that it became is named by its content. */
  async store(objects: ObjectStore, keyOf: (sha256: string) => string): Promise<StoredArtifact> {
    await this.#flush();
    await this.#file.close();
    const sha256 = this.#hash.digest("hex");
    const key = keyOf(sha256);
    await objects.putFile(key, this.#path);
    return { key, bytes: this.#bytes, sha256 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  async #flush(): Promise<void> {
    await this.#write(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    await this.#file.writeFile(bytes);
  }
}
