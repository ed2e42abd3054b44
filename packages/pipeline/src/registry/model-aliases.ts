import { createHash } from "node:crypto";
import {
  aliasesKey,
  type JobId,
  type ModelAliases,
  modelAliasesSchema,
  ProblemError,
} from "@framequeue/contracts";
import {
  getSealed,
  ObjectDamaged,
  ObjectNotFound,
  type ObjectStore,
  putSealed,
} from "@framequeue/storage";
import { z } from "zod";

/**
 * Undefined for a model that has no aliases: then its highest version serves.
 *
 * @throws AliasesDamaged
 */
export async function readAliases(
  objects: ObjectStore,
  name: string,
): Promise<ModelAliases | undefined> {
  try {
    return modelAliasesSchema.parse(await getSealed(objects, aliasesKey(name)));
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    if (error instanceof ObjectDamaged || error instanceof z.ZodError) {
      throw new AliasesDamaged(name, error);
    }
    throw error;
  }
}

/** Nobody knows any more which version of the model new jobs were to get. */
export class AliasesDamaged extends ProblemError {
  constructor(name: string, cause: unknown) {
    super(
      "model-damaged",
      `The record of which version of ${name} serves is damaged. POST /v1/models/${name}/aliases/stable sets it anew; jobs that name a version (${name}@VERSION) go on.`,
      { at: "name", cause },
    );
  }
}

/** The same for those who set the aliases anew, or have others to look after: none where they are damaged. */
export async function readableAliases(
  objects: ObjectStore,
  name: string,
): Promise<ModelAliases | undefined> {
  try {
    return await readAliases(objects, name);
  } catch (error) {
    if (error instanceof AliasesDamaged) return undefined;
    throw error;
  }
}

export async function putAliases(objects: ObjectStore, aliases: ModelAliases): Promise<void> {
  await putSealed(objects, aliasesKey(aliases.name), aliases, { durable: true });
}

/** The sha256 of the version that a job gets: by its id alone, so that it is the same whoever asks. */
export function versionFor({ stable, canary }: ModelAliases, job: JobId): string {
  if (canary === undefined) return stable;
  const draw = createHash("sha256").update(job).digest().readUInt32BE(0) / 2 ** 32;
  return draw < canary.share ? canary.sha256 : stable;
}

/** What an alias change leads to; pure. */
export type AliasStep =
  | { readonly kind: "stable"; readonly sha256: string }
  | { readonly kind: "canary"; readonly sha256: string; readonly share: number }
  | { readonly kind: "no-canary" };

/** How many steps there are back. */
const REMEMBERED = 20;

/** @param now undefined for a model that has no aliases yet */
export function stepAliases(
  name: string,
  now: ModelAliases | undefined,
  highest: string,
  step: AliasStep,
): ModelAliases {
  const base = now ?? { v: 1, name, revision: 0, stable: highest, before: [] };
  const next = { ...base, revision: base.revision + 1 };
  switch (step.kind) {
    case "stable": {
      const { canary, ...rest } = next;
      // A canary that became stable is none any more.
      const kept = canary === undefined || canary.sha256 === step.sha256 ? {} : { canary };
      if (step.sha256 === base.stable) return { ...rest, ...kept };
      const before = [...base.before, base.stable].slice(-REMEMBERED);
      return { ...rest, ...kept, stable: step.sha256, before };
    }
    case "canary":
      return { ...next, canary: { sha256: step.sha256, share: step.share } };
    case "no-canary": {
      const { canary: _gone, ...rest } = next;
      return rest;
    }
  }
}

/** The way back to what was stable before; undefined where there is none. Without a canary: it may be what is wrong. */
export function stepBack(now: ModelAliases): ModelAliases | undefined {
  const stable = now.before.at(-1);
  if (stable === undefined) return undefined;
  const { canary: _gone, ...rest } = now;
  return { ...rest, revision: now.revision + 1, stable, before: now.before.slice(0, -1) };
}

/** By sha256: the versions that new jobs may get. */
export function aliased(aliases: ModelAliases | undefined): string[] {
  if (aliases === undefined) return [];
  return [aliases.stable, ...(aliases.canary === undefined ? [] : [aliases.canary.sha256])];
}
