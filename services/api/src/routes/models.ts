import {
  aliasChangeSchema,
  BOUNDS,
  modelNameSchema,
  type ModelView,
  ProblemError,
} from "@framequeue/contracts";
import { type AliasStep, changeAlias, registeredModels, rollBack } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { checked, jsonReader } from "../http/json-body.ts";
import { fullView, modelNameOf, versionOf, viewOf } from "../models/model-view.ts";

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
    response.json(await fullView(registry, modelNameOf(request)));
  };
}

/**
 * `POST /v1/models/{name}/aliases/{alias}`: moves `stable` or `canary`. Answers when the version is loaded in every
 * infer process and new jobs get it.
 */
export function setAlias({ registry }: Deps) {
  const readJson = jsonReader();
  return async (request: Request, response: Response): Promise<void> => {
    const name = modelNameOf(request);
    const change = checked(aliasChangeSchema, await readJson(request, response), "body");
    const step = await stepOf(registry, name, String(request.params["alias"]), change);
    await changeAlias(registry, name, step);
    response.json(await fullView(registry, name));
  };
}

/** `POST /v1/models/{name}/rollback`: what was stable before is again. */
export function rollBackModel({ registry }: Deps) {
  return async (request: Request, response: Response): Promise<void> => {
    const name = modelNameOf(request);
    await rollBack(registry, name);
    response.json(await fullView(registry, name));
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
  if (!modelNameSchema.safeParse(name).success) {
    throw new ProblemError(
      "model-invalid",
      `The name has more than ${BOUNDS.modelName} characters, and can have no aliases; register the model under a shorter one.`,
      { at: "name" },
    );
  }
  const found = await versionOf(objects, name, version);
  if (found.role === "enhancer") {
    throw new ProblemError(
      "model-invalid",
      `${name} makes pictures; no job asks for such a model by name.`,
      { at: "name" },
    );
  }
  const { sha256 } = found;
  return alias === "stable"
    ? { kind: "stable", sha256 }
    : { kind: "canary", sha256, share: share ?? CANARY_SHARE };
}
