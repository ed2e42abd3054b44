import { type JobId, modelKeys, type ModelRef, ProblemError } from "@framequeue/contracts";
import { readAliases, registeredModels, versionFor } from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";

const REMEMBER_MS = 5_000;

export interface ModelResolverOptions {
  readonly objects: ObjectStore;
  /** Name of the model for jobs that name none. */
  readonly defaultModel: string;
  /** Milliseconds, from any start. */
  readonly now?: () => number;
}

/** The version of the model of that name, or of the default one, that a job gets and keeps. */
export type ModelResolver = (
  name: string | undefined,
  job: JobId,
  /** The field of the request that names it; `model` by default. */
  place?: ModelPlace,
) => Promise<ModelRef>;

/** Fields of a request that name models, and what those may be: a job's own works on whole frames. */
const PLACES = {
  model: ["detector", "classifier", "segmenter"],
  classifier: ["classifier"],
  segmenter: ["segmenter"],
  embedder: ["embedder"],
} as const satisfies Record<string, readonly ModelRef["role"][]>;
export type ModelPlace = keyof typeof PLACES;

/**
 * Finds models registered in the object store by `name`, which is what its aliases say, or the highest version where it
 * has none; `name@stable` and `name@canary`; or `name@version`.
 *
 * @returns a function that throws `model-not-found` naming the models that there are
 */
export function createModelResolver(options: ModelResolverOptions): ModelResolver {
  const { objects, defaultModel, now = () => performance.now() } = options;
  let known: { readonly at: number; readonly models: readonly ModelRef[] } | undefined;

  async function models(fresh: boolean): Promise<readonly ModelRef[]> {
    if (fresh || known === undefined || now() - known.at > REMEMBER_MS) {
      known = { at: now(), models: await registeredModels(objects) };
    }
    return known.models;
  }

  /** By sha256 what the aliases say; undefined where they say nothing. Read anew for each job, because they move. */
  async function byAlias(wanted: string, job: JobId): Promise<string | undefined> {
    const [name = "", tag] = wanted.split("@", 2);
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) return undefined;
    if (tag !== undefined && tag !== "stable" && tag !== "canary") return undefined;
    const aliases = await readAliases(objects, name);
    if (aliases === undefined) return undefined;
    if (tag === undefined) return versionFor(aliases, job);
    return tag === "stable" ? aliases.stable : aliases.canary?.sha256;
  }

  return async (name = defaultModel, job, place = "model") => {
    const sha256 = await byAlias(name, job);
    const find = (all: readonly ModelRef[]): ModelRef | undefined =>
      sha256 === undefined
        ? all.find((model) => model.name === name || `${model.name}@${model.version}` === name)
        : all.find((model) => model.sha256 === sha256);
    // One that was registered a moment ago must be found, too, and one that was deleted must not.
    const remembered = find(await models(false));
    const isThere =
      remembered !== undefined &&
      (await objects.stat(modelKeys(remembered.sha256).manifest)) !== undefined;
    const found = isThere ? remembered : find(await models(true));
    if (found === undefined) throw unknownModel(name, await models(false), place);
    const roles: readonly string[] = PLACES[place];
    if (!roles.includes(found.role)) {
      throw new ProblemError(
        "model-invalid",
        `The model ${name} is of the kind ${found.role}; ${place} may name: ${roles.join(", ")}.`,
        { at: place },
      );
    }
    return found;
  };
}

function unknownModel(name: string, all: readonly ModelRef[], place: ModelPlace): ProblemError {
  const names = [...new Set(all.map((model) => model.name))].sort();
  const [, base, alias] = /^(.+)@(stable|canary)$/.exec(name) ?? [];
  if (base !== undefined && names.includes(base)) {
    return new ProblemError("model-not-found", `The model ${base} has no ${alias}.`, {
      at: place,
    });
  }
  const pull = `npm run models -- pull ${/^[a-z0-9._-]+$/.test(name) ? name : "NAME"}`;
  return new ProblemError(
    "model-not-found",
    names.length === 0
      ? `No model is registered here, so there is no ${JSON.stringify(name)}. Register one: ${pull}`
      : `There is no model ${JSON.stringify(name)}. Registered: ${names.join(", ")}. To add one: ${pull}`,
    { at: place },
  );
}
