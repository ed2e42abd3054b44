import type { BigIntStats } from "node:fs";
import { constants, lstat, open, realpath } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import { bounded, BOUNDS, ProblemError, type StoredSource } from "@framequeue/contracts";
import { fileState } from "@framequeue/pipeline";

const AT = { at: "source.path" };

/**
 * The source for a file on this machine. Only what lies below one of `roots` is looked at, one path part at a time,
 * and no link is followed out of them: the answer never tells whether a file outside exists.
 *
 * @throws ProblemError `source-forbidden`, `source-not-found`, `source-not-video` (not a file), `source-empty`
 */
export async function sourceOfPath(path: string, roots: readonly string[]): Promise<StoredSource> {
  if (!isAbsolute(path) || path.includes("\0")) {
    throw new ProblemError("invalid-request", "source.path must be an absolute path.", AT);
  }
  const shown = bounded(path, BOUNDS.name);
  const wanted = resolve(path);
  for (const root of roots) {
    const real = await realpath(root).catch(() => undefined);
    if (real === undefined) continue;
    const parts = partsBelow(root, wanted) ?? partsBelow(real, wanted);
    if (parts === undefined) continue;
    const found = await walk(real, parts, shown);
    return { ...(await checked(found, real, shown)), name: basename(path) };
  }
  throw new ProblemError(
    "source-forbidden",
    roots.length === 0
      ? "This server reads no local files; FQ_SOURCE_ROOTS names the folders that it may read."
      : `${shown} is not below a folder that this server may read.`,
    AT,
  );
}

/** The path of a file below the root, without links. */
async function walk(root: string, parts: readonly string[], asked: string): Promise<string> {
  let current = root;
  for (const part of parts) {
    current = join(current, part);
    if (!(await lstatOr(current, asked)).isSymbolicLink()) continue;
    const target = await realpath(current).catch(() => undefined);
    if (target === undefined || partsBelow(root, target) === undefined) throw leadsOut(asked);
    current = target;
  }
  return current;
}

/**
 * The file as it is accepted: whoever reads it later holds it against that.
 *
 * @param asked the path, as messages show it
 */
async function checked(path: string, root: string, asked: string) {
  // Not by `open` alone: a pipe or a device would wait for somebody, or do something.
  const found = await lstatOr(path, asked);
  if (!found.isFile()) throw new ProblemError("source-not-video", `${asked} is not a file.`, AT);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((cause: unknown) => {
    throw new ProblemError("source-forbidden", `${asked} cannot be read by this server.`, {
      ...AT,
      cause,
    });
  });
  try {
    const stats = await file.stat({ bigint: true });
    // A folder on the way may have become a link since it was looked at.
    const isStillThere = (await realpath(path).catch(() => undefined)) === path;
    if (!isStillThere || stats.ino !== found.ino || stats.dev !== found.dev) throw leadsOut(asked);
    if (stats.size === 0n) throw new ProblemError("source-empty", `${asked} is empty.`, AT);
    return { kind: "file", path, root, state: fileState(stats) } as const;
  } finally {
    await file.close();
  }
}

function leadsOut(asked: string): ProblemError {
  return new ProblemError(
    "source-forbidden",
    `${asked} leads out of the folders that this server may read.`,
    AT,
  );
}

async function lstatOr(path: string, asked: string): Promise<BigIntStats> {
  try {
    return await lstat(path, { bigint: true });
  } catch (cause) {
    throw new ProblemError("source-not-found", `There is no file ${asked}.`, { ...AT, cause });
  }
}

/** The parts of `path` below `root`, or undefined when it is elsewhere. */
function partsBelow(root: string, path: string): string[] | undefined {
  const below = relative(root, path);
  if (below === "" || isAbsolute(below)) return below === "" ? [] : undefined;
  const parts = below.split(sep);
  return parts[0] === ".." ? undefined : parts;
}
