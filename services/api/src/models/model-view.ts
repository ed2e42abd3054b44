import {
  bounded,
  BOUNDS,
  type FullModelView,
  listed,
  type ModelAliases,
  type ModelRecord,
  type ModelRef,
  type ModelView,
  ProblemError,
} from "@framequeue/contracts";
import {
  AliasesDamaged,
  type Attendant,
  readAliases,
  readLineage,
  readManifest,
  readMetrics,
  readQuarantine,
  registeredModels,
} from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";

/** One model as the list of all shows it. */
export async function viewOf(
  { objects }: Pick<ApiDeps["registry"], "objects">,
  name: string,
  versions: readonly ModelRef[],
  attendants: readonly Attendant[],
): Promise<ModelView> {
  const found = await inTime(aliasesOr(objects, name));
  const problem = found instanceof ProblemError ? found.toProblem() : undefined;
  const aliases = found instanceof ProblemError ? undefined : found;
  const quarantines = await Promise.all(
    versions.map(({ sha256 }) => inTime(readQuarantine(objects, sha256))),
  );
  const versionBy = (sha256: string): string =>
    versions.find((model) => model.sha256 === sha256)?.version ?? sha256.slice(0, 12);
  return {
    name,
    ...(aliases && {
      aliases: {
        revision: aliases.revision,
        stable: versionBy(aliases.stable),
        ...(aliases.canary && {
          canary: { version: versionBy(aliases.canary.sha256), share: aliases.canary.share },
        }),
      },
    }),
    ...(problem && { problem }),
    versions: versions.map(({ version, sha256, role }, i) => {
      const { v: _v, ...quarantine } = quarantines[i] ?? { v: undefined };
      return {
        ...{ version, sha256, role },
        readyIn: attendants.filter(({ models }) => models[sha256]?.state === "ready").length,
        ...("at" in quarantine ? { quarantine } : {}),
      };
    }),
  };
}

async function aliasesOr(
  objects: ObjectStore,
  name: string,
): Promise<ModelAliases | AliasesDamaged | undefined> {
  try {
    return await readAliases(objects, name);
  } catch (error) {
    if (error instanceof AliasesDamaged) return error;
    throw error;
  }
}

/**
 * One model with where its versions came from and what was measured of them.
 *
 * @throws ProblemError `model-not-found`
 */
export async function fullView(
  registry: Pick<ApiDeps["registry"], "objects" | "roster">,
  name: string,
): Promise<FullModelView> {
  const { objects, roster } = registry;
  const own = await versionsOf(objects, name);
  if (own.length === 0) {
    throw new ProblemError("model-not-found", `There is no model ${bounded(name, BOUNDS.name)}.`, {
      at: "name",
    });
  }
  const view = await viewOf(registry, name, own, await inTime(roster.attendants()));
  const versions = view.versions.map((version) => inTime(versionRecord(objects, name, version)));
  return { ...view, versions: await Promise.all(versions) };
}

async function versionRecord(
  objects: ObjectStore,
  name: string,
  version: ModelView["versions"][number],
): Promise<ModelRecord> {
  const { sha256 } = version;
  const manifest = await readManifest(objects, { name, ...version }).catch((error: unknown) => {
    // its row says no more than its name
    if (error instanceof ProblemError && error.code === "model-damaged") return {};
    throw error;
  });
  const { license, source } = manifest as { license?: string; source?: string };
  const { v: _v, of: _of, ...lineage } = (await readLineage(objects, sha256)) ?? { v: undefined };
  return {
    ...version,
    license: license ?? "unknown",
    source: source ?? "unknown",
    ...("createdAt" in lineage ? { lineage } : {}),
    metrics: await readMetrics(objects, sha256),
  };
}

/**
 * The version of a model by what people call it or by its sha256.
 *
 * @throws ProblemError `model-not-found` with those that there are
 */
export async function versionOf(
  objects: ObjectStore,
  name: string,
  version: string,
): Promise<ModelRef> {
  const all = await versionsOf(objects, name);
  const found = all.find((model) => model.version === version || model.sha256 === version);
  if (found !== undefined) return found;
  const known = listed(all.map((model) => model.version)) || "none";
  throw new ProblemError(
    "model-not-found",
    `${bounded(name, BOUNDS.name)} has no version ${version.slice(0, 64)}. There are: ${known}.`,
    { at: "version" },
  );
}

/** One version with its records. */
export async function recordOf(
  registry: Pick<ApiDeps["registry"], "objects" | "roster">,
  { name, sha256 }: ModelRef,
): Promise<ModelRecord> {
  const { versions } = await fullView(registry, name);
  return versions.find((version) => version.sha256 === sha256)!;
}

async function versionsOf(objects: ObjectStore, name: string): Promise<ModelRef[]> {
  return (await inTime(registeredModels(objects))).filter((model) => model.name === name);
}
