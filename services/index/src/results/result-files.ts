import { join } from "node:path";
import {
  FORMATS,
  type Inputs,
  type JobHeader,
  type Need,
  wantedFormats,
} from "@framequeue/outputs";
import { type JobFacts, objectKeys } from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";
import { ArtifactWriter, type StoredArtifact } from "./artifact-writer.ts";

/** The files that one job leaves, in the making: those of the table of formats that it asks for. */
export class ResultFiles implements AsyncDisposable {
  readonly #job: JobFacts["job"];
  readonly #header: JobHeader;
  readonly #folder: string;
  readonly #files = new Map<string, ArtifactWriter>();

  /** @param folder a scratch folder of the caller's */
  constructor(job: JobFacts["job"], header: JobHeader, folder: string) {
    this.#job = job;
    this.#header = header;
    this.#folder = folder;
  }

  /** Whoever writes files from such input, each to be given all of it. */
  writers<N extends Need>(needs: N): ((input: Inputs[N]) => Promise<void>)[] {
    return wantedFormats(needs, this.#job).map(({ name, write }) => async (input) => {
      const file = await ArtifactWriter.open(join(this.#folder, name));
      this.#files.set(name, file);
      await write!(input, file, this.#header, {});
    });
  }

  /** Moves all of them into the store, in the order of the table. */
  async store(objects: ObjectStore): Promise<Record<string, StoredArtifact>> {
    const stored: Record<string, StoredArtifact> = {};
    for (const { name } of FORMATS) {
      const file = this.#files.get(name);
      if (file === undefined) continue;
      stored[name] = await file.store(objects, (sha256) =>
        objectKeys.artifact(this.#job.id, name, sha256),
      );
    }
    return stored;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) await file[Symbol.asyncDispose]();
  }
}
