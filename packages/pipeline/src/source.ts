import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { ProblemError, type StoredSource } from "@framequeue/contracts";
import { hashFile, ObjectNotFound, objectSha256, type ObjectStore } from "@framequeue/storage";
import { z } from "zod";

/** By what a file is known again. Numbers as text where they may be too large. */
export const sourceStateSchema = z.object({
  /** Who saw it so: another machine or container gives the same file other numbers of device and inode. */
  host: z.string(),
  bytes: z.int().min(0),
  device: z.string(),
  inode: z.string(),
  modifiedNs: z.string(),
});
export type SourceState = z.infer<typeof sourceStateSchema>;

/** A source as a file on this machine, which is what ffmpeg reads. */
export interface OpenSource extends AsyncDisposable {
  readonly path: string;
  /** Only so many bytes of it are to be read; absent: all. */
  readonly bytes?: number;
}

/**
 * The source as every pass over it reads it: of a file that may grow, only as much as was there when it was looked at.
 *
 * @param state of a file; absent: as it is now
 * @throws ProblemError `source-not-found`; `source-changed` where another file has its place, or less is left of it
 */
export async function openSource(
  objects: ObjectStore,
  source: StoredSource,
  state?: SourceState,
): Promise<OpenSource> {
  switch (source.kind) {
    case "file": {
      const now = await stateOf(source);
      const bytes = (state ?? now).bytes;
      if (state !== undefined && (!isSameFile(now, state) || now.bytes < bytes)) {
        throw changed(source);
      }
      return { path: source.path, bytes, [Symbol.asyncDispose]: () => Promise.resolve() };
    }
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

/**
 * What a file is known by. Undefined for an object of the store.
 *
 * @throws ProblemError `source-not-found`
 */
export async function sourceState(source: StoredSource): Promise<SourceState | undefined> {
  return source.kind === "file" ? await stateOf(source) : undefined;
}

/** What was planned of a source, by which it is known again. */
export interface CheckedSource {
  readonly source: StoredSource;
  readonly sourceState?: SourceState | undefined;
  readonly sourceVersion?: string | undefined;
  readonly sourceSha256: string;
}

/** What an object of the store is known by. Undefined for a file. */
export async function sourceVersion(
  objects: ObjectStore,
  source: StoredSource,
): Promise<string | undefined> {
  return source.kind === "object" ? (await objects.stat(source.key))?.version : undefined;
}

/** @throws ProblemError `source-changed` where an upload is not what was uploaded */
export function checkUpload(source: StoredSource, sha256: string): void {
  if (source.kind !== "object" || (source.sha256 ?? sha256) === sha256) return;
  throw damagedObject(source);
}

async function checkObject(
  objects: ObjectStore,
  source: StoredSource & { readonly kind: "object" },
  version: string | undefined,
  sha256: string,
): Promise<string | undefined> {
  if (version === undefined || (await objects.stat(source.key))?.version === version) {
    return undefined;
  }
  const now = await objectSha256(objects, source.key);
  if (now === sha256) return undefined;
  if (now !== undefined) throw damagedObject(source);
  return `${source.name} is gone from the object store since it was analysed, so nobody can tell whether it changed before.`;
}

/**
 * Whether every pass over a source can have read the same bytes, asked when all are done.
 *
 * @returns what to tell the user where it did change, but not in what was read
 * @throws ProblemError `source-changed` where it did in what was read
 */
export async function checkSource(
  objects: ObjectStore,
  { source, sourceState: state, sourceVersion, sourceSha256: sha256 }: CheckedSource,
): Promise<string | undefined> {
  if (source.kind === "object") return checkObject(objects, source, sourceVersion, sha256);
  if (source.kind !== "file" || state === undefined) return undefined;
  const now = await stateOf(source).catch(() => undefined);
  if (now === undefined) {
    // Index needs no source but for views, so its machine may not have the folder.
    if (state.host !== hostname()) return undefined;
    return `${source.name} is gone since it was analysed, so nobody can tell whether it changed before.`;
  }
  if (isSameFile(now, state) && now.bytes === state.bytes && now.modifiedNs === state.modifiedNs) {
    return undefined;
  }
  if (now.bytes < state.bytes) throw changed(source);
  if ((await hashFile(source.path, undefined, state.bytes)).sha256 !== sha256)
    throw changed(source);
  return now.bytes === state.bytes
    ? undefined
    : `${source.name} grew from ${state.bytes} to ${now.bytes} bytes while it was analysed; the results are those of the first ${state.bytes}.`;
}

async function stateOf(source: StoredSource & { readonly kind: "file" }): Promise<SourceState> {
  try {
    const { size, dev, ino, mtimeNs } = await stat(source.path, { bigint: true });
    return {
      host: hostname(),
      bytes: Number(size),
      device: String(dev),
      inode: String(ino),
      modifiedNs: String(mtimeNs),
    };
  } catch (cause) {
    // A decoder that finds no file says of it what it says of a broken one.
    throw new ProblemError("source-not-found", `The file ${source.name} is gone.`, {
      at: "source",
      cause,
    });
  }
}

/** Whether it can be the same file, as far as that can be told. */
function isSameFile(a: SourceState, b: SourceState): boolean {
  return a.host !== b.host || (a.device === b.device && a.inode === b.inode);
}

function damagedObject(source: StoredSource): ProblemError {
  return new ProblemError(
    "source-changed",
    `What the object store holds of ${source.name} is not what came in: it was damaged or rewritten. Submit the video again.`,
    { at: "source" },
  );
}

function changed(source: StoredSource): ProblemError {
  return new ProblemError(
    "source-changed",
    `${source.name} was replaced or rewritten while it was analysed, so its results would be those of two videos. Start the job again once the file stays as it is.`,
    { at: "source" },
  );
}
