import {
  type AliasChange,
  BOUNDS,
  type MODEL_OPERATIONS,
  modelNameSchema,
  type ModelView,
  ProblemError,
} from "@framequeue/contracts";
import {
  addMetrics,
  type AliasStep,
  changeAlias,
  liftQuarantine,
  registeredModels,
  rollBack,
  unregisterModel,
} from "@framequeue/pipeline";
import type { ApiDeps } from "../deps.ts";
import { inTime } from "../http/deadline.ts";
import type { Handlers, Input } from "../http/handler.ts";
import { fullView, recordOf, versionOf, viewOf } from "../models/model-view.ts";
import { addModel } from "./add-model.ts";

/** Of the jobs that name no version, where a canary is set without a share. */
const CANARY_SHARE = 0.1;
/** A store may take its time, and another change of the model may have to end first. */
const DELETE_MS = 60_000;

/** Models, their versions, and which of them new jobs get. */
export function modelHandlers(deps: ApiDeps): Handlers<typeof MODEL_OPERATIONS> {
  const { jobs, registry } = deps;
  const { objects } = registry;
  return {
    async listModels() {
      const versions = await inTime(registeredModels(objects));
      const attendants = await inTime(registry.roster.attendants());
      const models: ModelView[] = [];
      for (const [name, own] of Map.groupBy(versions, (version) => version.name)) {
        models.push(await viewOf(registry, name, own, attendants));
      }
      models.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { status: 200, json: { models } };
    },
    addModel: addModel(deps),
    getModel: async ({ params: { name } }) => ({
      status: 200,
      json: await fullView(registry, name),
    }),
    async setAlias({ params, json }) {
      await changeAlias(registry, params.name, await stepOf(registry, params, json));
      return { status: 200, json: await fullView(registry, params.name) };
    },
    async rollBackModel({ params: { name } }) {
      await rollBack(registry, name);
      return { status: 200, json: await fullView(registry, name) };
    },
    async getVersion({ params: { name, version } }) {
      const model = await versionOf(objects, name, version);
      return { status: 200, json: await recordOf(registry, model) };
    },
    async deleteVersion({ params: { name, version } }) {
      const model = await versionOf(objects, name, version);
      await inTime(unregisterModel({ ...registry, jobs }, model), DELETE_MS);
      return { status: 204 };
    },
    async liftQuarantine({ params: { name, version } }) {
      const { sha256 } = await versionOf(objects, name, version);
      await inTime(liftQuarantine(registry, sha256));
      return { status: 204 };
    },
    async addMetrics({ params: { name, version }, json: report }) {
      const model = await versionOf(objects, name, version);
      await inTime(addMetrics(objects, model.sha256, report));
      return { status: 201, json: await recordOf(registry, model) };
    },
  };
}

async function stepOf(
  { objects }: ApiDeps["registry"],
  { name, alias }: Input<(typeof MODEL_OPERATIONS)["setAlias"]>["params"],
  { version, share }: AliasChange,
): Promise<AliasStep> {
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
