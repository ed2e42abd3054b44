import { existsSync } from "node:fs";
import { basename } from "node:path";
import { ProblemError, type StoredSource } from "@framequeue/contracts";
import { type LocalCopy, ObjectNotFound, type ObjectStore } from "@framequeue/storage";

/** The source as a file on this machine, which is what ffmpeg reads. */
export async function openSource(objects: ObjectStore, source: StoredSource): Promise<LocalCopy> {
  switch (source.kind) {
    case "file":
      // A decoder that finds no file says of it what it says of a broken one.
      if (!existsSync(source.path)) {
        throw new ProblemError("source-not-found", `The file ${source.name} is gone.`, {
          at: "source",
        });
      }
      return { path: source.path, [Symbol.asyncDispose]: () => Promise.resolve() };
    case "object":
      try {
        return await objects.localCopy(source.key);
      } catch (error) {
        if (!(error instanceof ObjectNotFound)) throw error;
        throw new ProblemError("source-not-found", `The uploaded file ${source.name} is gone.`, {
          at: "source",
        });
      }
    case "url":
      throw new Error(`${basename(source.name)} has not been fetched: ingest comes first.`);
  }
}
