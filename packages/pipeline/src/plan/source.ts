import type { BigIntStats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join, relative } from "node:path";
import { ProblemError, type SourceState, type StoredSource } from "@framequeue/contracts";
import { hashFile, ObjectNotFound, objectSha256, type ObjectStore } from "@framequeue/storage";

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
 * What a file is known by to every pass of a run: as it is now, and no longer than it was when it was accepted. Undefined
 * for an object of the store.
 *
 * @throws ProblemError `source-not-found`; `source-changed` where another file has its place since it was accepted, or less
 * is left of it
 */
export async function sourceState(source: StoredSource): Promise<SourceState | undefined> {
  if (source.kind !== "file") return undefined;
  const now = await stateOf(source);
  const { state: accepted } = source;
  if (accepted === undefined) return now;
  if (!isSameFile(now, accepted) || now.bytes < accepted.bytes) throw changed(source);
  return { ...now, bytes: accepted.bytes };
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
  const now = await stateOf(source).catch((error: unknown) => {
    if (error instanceof ProblemError && error.code === "source-not-found") return undefined;
    throw error;
  });
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

/** A file's state as this machine sees it. */
export function fileState({ size, dev, ino, mtimeNs }: BigIntStats): SourceState {
  return {
    host: hostname(),
    bytes: Number(size),
    device: String(dev),
    inode: String(ino),
    modifiedNs: String(mtimeNs),
  };
}

type FileSource = StoredSource & { readonly kind: "file" };

async function stateOf(source: FileSource): Promise<SourceState> {
  try {
    await refuseLinks(source);
    return fileState(await stat(source.path, { bigint: true }));
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    // A decoder that finds no file says of it what it says of a broken one.
    throw new ProblemError("source-not-found", `The file ${source.name} is gone.`, {
      at: "source",
      cause,
    });
  }
}

/** A path that was accepted without links below its folder has got one since, which may lead anywhere. */
async function refuseLinks(source: FileSource): Promise<void> {
  const { path, root } = source;
  if (root === undefined) return;
  // The folder itself is the operator's, and may be a link on this machine.
  const wanted = join(await realpath(root), relative(root, path));
  if ((await realpath(path)) !== wanted) throw changed(source);
}

/**
 * Whether it can be the same file, as far as that can be told. A device has another number when the machine was started
 * again, at times.
 */
function isSameFile(a: SourceState, b: SourceState): boolean {
  if (a.host !== b.host) return true;
  return a.inode === b.inode && (a.device === b.device || a.modifiedNs === b.modifiedNs);
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
    `${source.name} was replaced or rewritten since it was accepted, so its results would be those of another video, or of two. Send the job again once the file stays as it is.`,
    { at: "source" },
  );
}
