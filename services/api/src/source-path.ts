import type { Stats } from "node:fs";
import { access, constants, lstat, realpath } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import { bounded, BOUNDS, ProblemError, type StoredSource } from "@framequeue/contracts";

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
    return { ...(await checked(await walk(real, parts, shown), shown)), name: basename(path) };
  }
  throw new ProblemError(
    "source-forbidden",
    roots.length === 0
      ? "This server reads no local files; FQ_SOURCE_ROOTS names the folders that it may read."
      : `${shown} is not below a folder that this server may read.`,
    AT,
  );
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

async function walk(root: string, parts: readonly string[], asked: string): Promise<Found> {
  let current = root;
  let stats = await lstatOr(root, asked);
  for (const part of parts) {
    current = join(current, part);
    stats = await lstatOr(current, asked);
    if (!stats.isSymbolicLink()) continue;
    const target = await realpath(current).catch(() => undefined);
    if (target === undefined || partsBelow(root, target) === undefined) {
      throw new ProblemError(
        "source-forbidden",
        `${asked} leads out of the folders that this server may read.`,
        AT,
      );
    }
    current = target;
    stats = await lstatOr(current, asked);
  }
  return { path: current, stats };
}

/** @param asked the path, as messages show it */
async function checked({ path, stats }: Found, asked: string) {
  if (!stats.isFile()) {
    throw new ProblemError("source-not-video", `${asked} is not a file.`, AT);
  }
  if (stats.size === 0) throw new ProblemError("source-empty", `${asked} is empty.`, AT);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new ProblemError("source-forbidden", `${asked} cannot be read by this server.`, {
      ...AT,
      cause,
    });
  });
  return { kind: "file", path } as const;
}

async function lstatOr(path: string, asked: string): Promise<Stats> {
  try {
    return await lstat(path);
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
