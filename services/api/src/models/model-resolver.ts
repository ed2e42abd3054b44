import {
  bounded,
  BOUNDS,
  type JobId,
  listed,
  modelKeys,
  modelNameSchema,
  type ModelRef,
  ProblemError,
} from "@framequeue/contracts";
import { CATALOGUE } from "@framequeue/models/catalogue";
import {
  modelQuarantined,
  readAliases,
  readQuarantine,
  registeredModels,
  versionFor,
} from "@framequeue/pipeline";
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
 * @returns a function that throws `model-not-found` naming the models that there are, and `model-quarantined`
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
    if (!isModelName(name)) return undefined;
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
    const quarantine = await readQuarantine(objects, found.sha256);
    if (quarantine !== undefined) {
      // Of an alias the operator decides what serves instead: another version gives other results.
      const { code, message } = modelQuarantined(found, quarantine);
      const how = sha256 === undefined ? "" : ` An alias names it: ${name} means this version.`;
      throw new ProblemError(code, `${message}${how}`, { at: place });
    }
    return found;
  };
}

function unknownModel(name: string, all: readonly ModelRef[], place: ModelPlace): ProblemError {
  const missing = (detail: string): ProblemError =>
    new ProblemError("model-not-found", detail, { at: place });
  const [base = "", tag] = name.split("@", 2);
  const versions = all.filter((model) => model.name === base).map(({ version }) => version);
  if (versions.length > 0) {
    return tag === "stable" || tag === "canary"
      ? missing(`The model ${base} has no ${tag}.`)
      : missing(
          `The model ${base} has no version ${bounded(tag ?? "", BOUNDS.name)}; it has ${listed(versions)}.`,
        );
  }
  const names = [...new Set(all.map((model) => model.name))].sort();
  const there = names.length === 0 ? "none is registered here" : `registered are ${listed(names)}`;
  return missing(
    `There is no model ${JSON.stringify(bounded(name, BOUNDS.name))}; ${there}. To add it: ${pushOf(base)}, or POST /v1/models.`,
  );
}

/** The command that sends a model of that name to this system. */
function pushOf(name: string): string {
  const push = "npm run models -- push";
  if (CATALOGUE.some((entry) => entry.name === name)) return `${push} ${name}`;
  return `${push} FILE.onnx --name ${isModelName(name) ? name : "NAME"}`;
}

const isModelName = (name: string): boolean => modelNameSchema.safeParse(name).success;
