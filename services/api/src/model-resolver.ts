import {
  MODEL_TASKS,
  type ModelRef,
  modelRefSchema,
  ProblemError,
  roleOf,
} from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";

const REMEMBER_MS = 5_000;
const MANIFEST = /^models\/([0-9a-f]{64})\/manifest\.json$/;

export interface ModelResolverOptions {
  readonly objects: ObjectStore;
  /** Name of the model for jobs that name none. */
  readonly defaultModel: string;
  /** Milliseconds, from any start. */
  readonly now?: () => number;
}

/**
 * Finds models registered in the object store by `name`, which is the highest version, or `name@version`.
 *
 * @returns a function that throws `model-not-found` naming the models that there are
 */
export function createModelResolver(
  options: ModelResolverOptions,
): (name: string | undefined) => Promise<ModelRef> {
  const { objects, defaultModel, now = () => performance.now() } = options;
  let known: { readonly at: number; readonly models: readonly ModelRef[] } | undefined;

  async function models(fresh: boolean): Promise<readonly ModelRef[]> {
    if (fresh || known === undefined || now() - known.at > REMEMBER_MS) {
      known = { at: now(), models: await registeredModels(objects) };
    }
    return known.models;
  }

  return async (name = defaultModel) => {
    const find = (all: readonly ModelRef[]): ModelRef | undefined =>
      all.find((model) => model.name === name || `${model.name}@${model.version}` === name);
    // One that was registered a moment ago must be found, too.
    const found = find(await models(false)) ?? find(await models(true));
    if (found === undefined) throw unknownModel(name, await models(false));
    if (found.role !== "detector") {
      throw new ProblemError(
        "model-invalid",
        `The model ${name} is a ${found.role}; a job needs one that finds objects.`,
        { at: "model" },
      );
    }
    return found;
  };
}

/** Of each name the highest version first. */
async function registeredModels(objects: ObjectStore): Promise<ModelRef[]> {
  const found: ModelRef[] = [];
  for await (const key of objects.list("models")) {
    const sha256 = MANIFEST.exec(key)?.[1];
    if (sha256 === undefined) continue;
    const model = await readRef(objects, key, sha256);
    if (model !== undefined) found.push(model);
  }
  const order = new Intl.Collator("en", { numeric: true });
  return found.sort(
    (a, b) => order.compare(b.version, a.version) || (a.sha256 < b.sha256 ? -1 : 1),
  );
}

/** Undefined for one that was removed meanwhile or is not a manifest. */
async function readRef(
  objects: ObjectStore,
  key: string,
  sha256: string,
): Promise<ModelRef | undefined> {
  try {
    const manifest = JSON.parse((await objects.get(key)).toString()) as { task?: unknown };
    const task = MODEL_TASKS.find((each) => each === manifest.task);
    if (task === undefined) return undefined;
    const { data } = modelRefSchema.safeParse({ ...manifest, role: roleOf(task), sha256 });
    return data;
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function unknownModel(name: string, all: readonly ModelRef[]): ProblemError {
  const names = [...new Set(all.map((model) => model.name))].sort();
  const pull = `npm run models -- pull ${/^[a-z0-9._-]+$/.test(name) ? name : "NAME"}`;
  return new ProblemError(
    "model-not-found",
    names.length === 0
      ? `No model is registered here, so there is no ${JSON.stringify(name)}. Register one: ${pull}`
      : `There is no model ${JSON.stringify(name)}. Registered: ${names.join(", ")}. To add one: ${pull}`,
    { at: "model" },
  );
}
