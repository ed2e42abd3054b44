import { metricsReportSchema, type ModelRecord, type ModelRef } from "@framequeue/contracts";
import { addMetrics, liftQuarantine, unregisterModel } from "@framequeue/pipeline";
import type { Request, Response } from "express";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { checked, jsonReader } from "../http/json-body.ts";
import { fullView, modelNameOf, versionOf } from "../models/model-view.ts";

/** A store may take its time, and another change of the model may have to end first. */
const DELETE_MS = 60_000;

type Deps = Pick<ApiDeps, "jobs" | "registry">;

/** `GET /v1/models/{name}/versions/{version}`; a version is named by its sha256 or as people call it. */
export function getVersion({ registry }: Deps) {
  return async (request: Request, response: Response): Promise<void> => {
    response.json(await recordOf(registry, await named(registry, request)));
  };
}

/** `DELETE /v1/models/{name}/versions/{version}`. */
export function deleteVersion({ jobs, registry }: Deps) {
  return async (request: Request, response: Response): Promise<void> => {
    const model = await named(registry, request);
    await inTime(unregisterModel({ ...registry, jobs }, model), DELETE_MS);
    response.status(204).end();
  };
}

/** `DELETE /v1/models/{name}/versions/{version}/quarantine`: jobs may use it again. */
export function deleteQuarantine({ registry }: Pick<Deps, "registry">) {
  return async (request: Request, response: Response): Promise<void> => {
    const model = await named(registry, request);
    await inTime(liftQuarantine(registry, model.sha256));
    response.status(204).end();
  };
}

/** `POST /v1/models/{name}/versions/{version}/metrics`: adds what was measured. */
export function postMetrics({ registry }: Deps) {
  const readJson = jsonReader();
  return async (request: Request, response: Response): Promise<void> => {
    const model = await named(registry, request);
    const report = checked(metricsReportSchema, await readJson(request, response), "body");
    await inTime(addMetrics(registry.objects, model.sha256, report));
    response.status(201).json(await recordOf(registry, model));
  };
}

function named({ objects }: ApiDeps["registry"], request: Request): Promise<ModelRef> {
  return versionOf(objects, modelNameOf(request), String(request.params["version"]));
}

/** One version with its records. */
export async function recordOf(
  registry: ApiDeps["registry"],
  { name, sha256 }: ModelRef,
): Promise<ModelRecord> {
  const { versions } = await fullView(registry, name);
  return versions.find((version) => version.sha256 === sha256)!;
}
