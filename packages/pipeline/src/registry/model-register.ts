import { createReadStream } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type Lineage, modelKeys, type ModelRef, ProblemError } from "@framequeue/contracts";
import { ObjectNotFound, objectSha256, type ObjectStore } from "@framequeue/storage";
import type { Ports } from "../ports.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { InferRoster } from "./infer-roster.ts";
import { putManifest, readManifest } from "../jobs/manifest-record.ts";
import { putAliases, readAliases } from "./model-aliases.ts";
import { aliasLock, registerLock, whileLocked } from "./model-locks.ts";
import { liftQuarantine } from "./model-quarantine.ts";
import { putLineage } from "./model-records.ts";
import { jobsUsing } from "./models-in-use.ts";
import { registeredModels } from "./registered-models.ts";

type Deps = Pick<Ports, "redis" | "site" | "objects">;

const HOLD_MS = 30_000;
/** Whoever registers waits for so long for others to be done. */
const WAIT_MS = 20_000;
/** So many jobs are named that keep a model. */
const NAMED_JOBS = 5;

export interface NewVersion {
  readonly ref: ModelRef;
  /** Path of the ONNX file. */
  readonly file: string;
  readonly manifest: object;
  /** Fields of the manifest that count where the file is a version already; all by default. */
  readonly stated?: readonly string[] | undefined;
}

/**
 * Makes a file that was checked a version. Versions never change: the same file again is no fault where its manifest
 * says the same, and mends what is damaged.
 *
 * @param lineage where it comes from; its parent must be registered
 * @returns the version as it is registered, and whether it is new
 * @throws ProblemError `model-exists` where the name and version mean another file, or the file is registered with
 * another manifest: with every field that differs; `model-not-found` for the parent; `model-busy`. Nothing is left then
 */
export async function registerModel(
  { redis, site, objects }: Deps,
  model: NewVersion,
  lineage: Omit<Lineage, "v" | "createdAt">,
): Promise<{ readonly ref: ModelRef; readonly isNew: boolean }> {
  const { ref, file, manifest } = model;
  return whileLocked(redis, registering(site), async () => {
    const all = await registeredModels(objects);
    const same = all.find(({ sha256 }) => sha256 === ref.sha256);
    const keys = modelKeys(ref.sha256);
    if (same !== undefined) {
      if (!(await isManifestLost(objects, same))) await checkSame(objects, model);
      else await putManifest(objects, ref.sha256, manifest);
      if ((await objectSha256(objects, keys.model)) !== ref.sha256) {
        await objects.putStream(keys.model, createReadStream(file));
      }
      return { ref: same, isNew: false };
    }
    const other = all.find(({ name, version }) => name === ref.name && version === ref.version);
    if (other !== undefined) {
      throw new ProblemError(
        "model-exists",
        `${ref.name}@${ref.version} is another file (sha256 ${other.sha256}). ` +
          "A version never changes: give this one a version of its own.",
        { at: "version" },
      );
    }
    const { parent } = lineage;
    if (parent !== undefined && !all.some(({ sha256 }) => sha256 === parent)) {
      throw new ProblemError("model-not-found", `There is no version ${parent} to come from.`, {
        at: "parent",
      });
    }
    try {
      // what a removal left that was cut off
      await objects.deletePrefix(keys.all);
      await objects.putStream(keys.model, createReadStream(file));
      await putLineage(objects, ref, lineage);
      await putManifest(objects, ref.sha256, manifest);
    } catch (error) {
      // what failed first is what counts
      await objects.deletePrefix(keys.all).catch(() => {});
      throw error;
    }
    return { ref, isNew: true };
  });
}

async function isManifestLost(objects: ObjectStore, model: ModelRef): Promise<boolean> {
  try {
    await readManifest(objects, model);
    return false;
  } catch (error) {
    if (error instanceof ProblemError && error.code === "model-damaged") return true;
    throw error;
  }
}

/** Throws where the file is registered with another manifest, which is a version that would have to change. */
async function checkSame(
  objects: ObjectStore,
  { ref, manifest, stated }: NewVersion,
): Promise<void> {
  const kept = (await readManifest(objects, ref)) as Record<string, unknown>;
  // as it would be kept: without what is undefined
  const given = JSON.parse(JSON.stringify(manifest)) as Record<string, unknown>;
  const fields = stated ?? [...new Set([...Object.keys(kept), ...Object.keys(given)])];
  const differing = fields.filter((field) => !isDeepStrictEqual(kept[field], given[field]));
  if (differing.length === 0) return;
  throw new ProblemError(
    "model-exists",
    `This file is ${String(kept["name"])}@${String(kept["version"])} already, with another manifest: ` +
      `${differing.join(", ")} differ. A version never changes: delete it first, or leave it as it is.`,
    { at: differing[0]!, errors: differing.map((at) => ({ at, detail: "differs" })) },
  );
}

/**
 * Takes a version away for good, with what was measured of it, and lets every infer process unload it.
 *
 * @throws ProblemError `model-in-use` where an alias names it or jobs that have not ended keep it: with those;
 * `model-busy` while its aliases are being changed
 */
export async function unregisterModel(
  deps: Deps & { readonly jobs: Jobs; readonly roster: InferRoster },
  { name, version, sha256 }: ModelRef,
): Promise<void> {
  const { redis, site, objects, roster } = deps;
  const aliases = { key: aliasLock(site, name), holdMs: HOLD_MS, what: `The aliases of ${name}` };
  const inUse = (by: string): ProblemError =>
    new ProblemError("model-in-use", `${name}@${version} is in use: ${by}.`, { at: "version" });
  const checkJobs = async (): Promise<void> => {
    const using = await jobsUsing(deps, sha256);
    if (using.length === 0) return;
    const more = using.length > NAMED_JOBS ? ` and ${using.length - NAMED_JOBS} more` : "";
    throw inUse(`by ${using.slice(0, NAMED_JOBS).join(", ")}${more}`);
  };

  await whileLocked(redis, aliases, () =>
    whileLocked(redis, registering(site), async () => {
      const now = await readAliases(objects, name);
      if (now?.stable === sha256) throw inUse("stable names it");
      if (now?.canary?.sha256 === sha256) throw inUse("canary names it");
      await checkJobs();
      const keys = modelKeys(sha256);
      const manifest = await objects.get(keys.manifest).catch((error: unknown) => {
        if (error instanceof ObjectNotFound) return undefined; // somebody else was faster
        throw error;
      });
      await objects.delete(keys.manifest);
      try {
        // one that was accepted while this went on
        await checkJobs();
      } catch (error) {
        if (manifest !== undefined) await objects.put(keys.manifest, manifest, { durable: true });
        throw error;
      }
      if (now?.before.includes(sha256) === true) {
        const before = now.before.filter((each) => each !== sha256);
        await putAliases(objects, { ...now, revision: now.revision + 1, before });
      }
      await roster.retire(sha256);
      await liftQuarantine(deps, sha256);
      await objects.deletePrefix(keys.all);
    }),
  );
}

const registering = (site: string) => ({
  key: registerLock(site),
  holdMs: HOLD_MS,
  waitMs: WAIT_MS,
  what: "The registered models",
});
