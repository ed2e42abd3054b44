import {
  aliasChangeSchema,
  type ModelRef,
  type ModelView,
  ProblemError,
} from "@framequeue/contracts";
import {
  type AliasStep,
  type Attendant,
  changeAlias,
  readAliases,
  registeredModels,
  rollBack,
} from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { checked, jsonReader } from "../json-body.ts";

type Deps = Pick<ApiDeps, "registry">;

/** Of the jobs that name no version, where a canary is set without a share. */
const CANARY_SHARE = 0.1;

/** `GET /v1/models`: every model with its versions, its aliases, and where it is loaded. */
export function listModels({ registry }: Deps) {
  return async (_request: Request, response: Response): Promise<void> => {
    const versions = await inTime(registeredModels(registry.objects));
    const attendants = await inTime(registry.roster.attendants());
    const models: ModelView[] = [];
    for (const [name, own] of Map.groupBy(versions, (version) => version.name)) {
      models.push(await viewOf(registry, name, own, attendants));
    }
    models.sort((a, b) => (a.name < b.name ? -1 : 1));
    response.json({ models });
  };
}

/** `GET /v1/models/{name}`. */
export function getModel({ registry }: Deps) {
  return async (request: Request, response: Response): Promise<void> => {
    response.json(await modelView(registry, nameOf(request)));
  };
}

/**
 * `POST /v1/models/{name}/aliases/{alias}`: moves `stable` or `canary`. Answers when the version is loaded in every
 * infer process and new jobs get it.
 */
export function setAlias({ registry }: Deps) {
  const readJson = jsonReader();
  return async (request: Request, response: Response): Promise<void> => {
    const name = nameOf(request);
    const change = checked(aliasChangeSchema, await readJson(request, response), "body");
    const step = await stepOf(registry, name, String(request.params["alias"]), change);
    await changeAlias(registry, name, step);
    response.json(await modelView(registry, name));
  };
}

/** `POST /v1/models/{name}/rollback`: what was stable before is again. */
export function rollBackModel({ registry }: Deps) {
  return async (request: Request, response: Response): Promise<void> => {
    const name = nameOf(request);
    await rollBack(registry, name);
    response.json(await modelView(registry, name));
  };
}

async function stepOf(
  { objects }: ApiDeps["registry"],
  name: string,
  alias: string,
  { version, share }: { readonly version: string | null; readonly share?: number | undefined },
): Promise<AliasStep> {
  if (alias !== "stable" && alias !== "canary") {
    throw new ProblemError(
      "not-found",
      `There are the aliases stable and canary, no ${alias.slice(0, 64)}.`,
    );
  }
  if (alias === "stable" && share !== undefined) {
    throw new ProblemError("invalid-request", "Only the canary has a share.", { at: "share" });
  }
  if (version === null) {
    if (alias === "canary") return { kind: "no-canary" };
    throw new ProblemError("invalid-request", "stable cannot be taken away.", { at: "version" });
  }
  const all = (await inTime(registeredModels(objects))).filter((model) => model.name === name);
  const found = all.find((model) => model.version === version || model.sha256 === version);
  if (found === undefined) {
    const known = all.map((model) => model.version).join(", ") || "none";
    throw new ProblemError(
      "model-not-found",
      `${name} has no version ${version}. There are: ${known}.`,
      {
        at: "version",
      },
    );
  }
  if (found.role !== "detector" && found.role !== "embedder") {
    throw new ProblemError(
      "model-invalid",
      `${name} is a ${found.role}; jobs ask for detectors and embedders by name.`,
      { at: "name" },
    );
  }
  const { sha256 } = found;
  return alias === "stable"
    ? { kind: "stable", sha256 }
    : { kind: "canary", sha256, share: share ?? CANARY_SHARE };
}

async function modelView(registry: ApiDeps["registry"], name: string): Promise<ModelView> {
  const versions = await inTime(registeredModels(registry.objects));
  const own = versions.filter((model) => model.name === name);
  if (own.length === 0) {
    throw new ProblemError("model-not-found", `There is no model ${name}.`, { at: "name" });
  }
  return viewOf(registry, name, own, await inTime(registry.roster.attendants()));
}

async function viewOf(
  { objects }: ApiDeps["registry"],
  name: string,
  versions: readonly ModelRef[],
  attendants: readonly Attendant[],
): Promise<ModelView> {
  const aliases = await inTime(readAliases(objects, name));
  const versionOf = (sha256: string): string =>
    versions.find((model) => model.sha256 === sha256)?.version ?? sha256.slice(0, 12);
  return {
    name,
    ...(aliases && {
      aliases: {
        revision: aliases.revision,
        stable: versionOf(aliases.stable),
        ...(aliases.canary && {
          canary: { version: versionOf(aliases.canary.sha256), share: aliases.canary.share },
        }),
      },
    }),
    versions: versions.map(({ version, sha256, role }) => ({
      ...{ version, sha256, role },
      readyIn: attendants.filter(({ models }) => models[sha256]?.state === "ready").length,
    })),
  };
}

/** The model that the path names; what can be no name is a model that does not exist. */
function nameOf(request: Request): string {
  const name = String(request.params["name"]);
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) return name;
  throw new ProblemError("model-not-found", `There is no model ${name.slice(0, 64)}.`, {
    at: "name",
  });
}
