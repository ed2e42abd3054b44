import { type ModelRef, modelKeys, ProblemError } from "@framequeue/contracts";
import {
  getSealed,
  isLoss,
  ObjectNotFound,
  type ObjectStore,
  putSealed,
} from "@framequeue/storage";

/** The object that makes a file a version. */
export async function putManifest(
  objects: ObjectStore,
  sha256: string,
  manifest: object,
): Promise<void> {
  await putSealed(objects, modelKeys(sha256).manifest, manifest, { durable: true });
}

/**
 * What is registered of a version, as JSON.
 *
 * @throws ProblemError `model-not-found`, `model-damaged`
 */
export async function readManifest(
  objects: ObjectStore,
  model: Pick<ModelRef, "name" | "version" | "sha256">,
): Promise<unknown> {
  try {
    return await getSealed(objects, modelKeys(model.sha256).manifest);
  } catch (error) {
    throw modelProblem(error, model);
  }
}

/** The error as what it means of a model, where it says that something of it is gone or damaged. */
export function modelProblem(
  error: unknown,
  { name, version }: Pick<ModelRef, "name" | "version">,
): unknown {
  if (!isLoss(error)) return error;
  return error instanceof ObjectNotFound
    ? new ProblemError(
        "model-not-found",
        `The model ${name}@${version} is not in the store any more.`,
        { at: "model", cause: error },
      )
    : modelDamaged({ name, version }, error);
}

export function modelDamaged(
  { name, version }: Pick<ModelRef, "name" | "version">,
  cause?: unknown,
): ProblemError {
  return new ProblemError(
    "model-damaged",
    `What the object store holds of the model ${name}@${version} is not what was registered. Register the same file again (npm run models -- push, or the start of a service for one that comes with it), then retry the job.`,
    { at: "model", cause },
  );
}
