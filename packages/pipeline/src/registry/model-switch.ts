import { setTimeout as sleep } from "node:timers/promises";
import { type ModelAliases, type ModelRef, ProblemError } from "@framequeue/contracts";
import type { Ports } from "../ports.ts";
import type { InferRoster } from "./infer-roster.ts";
import {
  type AliasStep,
  aliased,
  putAliases,
  readableAliases,
  readAliases,
  stepAliases,
  stepBack,
} from "./model-aliases.ts";
import { aliasLock, whileLocked } from "./model-locks.ts";
import { modelQuarantined, readQuarantine } from "./model-quarantine.ts";
import { registeredModels } from "./registered-models.ts";

export interface SwitchOptions {
  /** How long the new version may take until it is loaded everywhere; 60 s by default. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

type Deps = Pick<Ports, "redis" | "site" | "objects"> & { readonly roster: InferRoster };

const DEADLINE_MS = 60_000;
const LOOK_MS = 100;
/** A change whose process died keeps others away for so long after its deadline. */
const LOCK_SPARE_MS = 10_000;
/** How often a wish is said again; it holds for longer. */
const ASK_MS = 5_000;

/**
 * Changes which versions of a model new jobs get. The version is first loaded and run once in every infer process,
 * beside what serves; then the aliases are replaced in one step; then what no alias names any more is dropped where and
 * when its last job has ended. No job waits, and none sees two versions.
 *
 * @throws ProblemError `model-not-found`; `model-quarantined`; `model-invalid` where a process cannot load it, `model-not-ready` where one
 * does not in time: nothing has changed then; `model-busy` while another change of the model is on its way
 */
export async function changeAlias(
  deps: Deps,
  name: string,
  step: AliasStep,
  options: SwitchOptions = {},
): Promise<ModelAliases> {
  return alone(deps, name, options, async () => {
    const versions = await versionsOf(deps, name);
    const now = await readableAliases(deps.objects, name);
    return switchTo(
      deps,
      versions,
      now,
      stepAliases(name, now, versions[0]!.sha256, step),
      options,
    );
  });
}

/**
 * The same, to what was stable before the last change of `stable`.
 *
 * @throws ProblemError `invalid-request` where there is no way back
 */
export async function rollBack(
  deps: Deps,
  name: string,
  options: SwitchOptions = {},
): Promise<ModelAliases> {
  return alone(deps, name, options, async () => {
    const versions = await versionsOf(deps, name);
    const now = await readAliases(deps.objects, name);
    const next = now && stepBack(now);
    if (next === undefined) {
      throw new ProblemError("invalid-request", `Nothing was stable before of ${name}.`, {
        at: "name",
      });
    }
    return switchTo(deps, versions, now, next, options);
  });
}

/** Tells Redis again which versions the aliases name, which it may have forgotten. */
export async function keepAliased({
  objects,
  roster,
}: Pick<Deps, "objects" | "roster">): Promise<void> {
  let versions: readonly ModelRef[] | undefined;
  for await (const key of objects.list("aliases")) {
    const name = /^aliases\/(.+)\.json$/.exec(key)?.[1];
    const aliases = name === undefined ? undefined : await readableAliases(objects, name);
    if (aliases === undefined) continue;
    versions ??= await registeredModels(objects);
    const wanted = aliased(aliases);
    await roster.keep(
      aliases.name,
      versions.filter(({ sha256 }) => wanted.includes(sha256)),
    );
  }
}

async function versionsOf({ objects }: Deps, name: string): Promise<ModelRef[]> {
  const versions = (await registeredModels(objects)).filter((model) => model.name === name);
  if (versions.length > 0) return versions;
  throw new ProblemError("model-not-found", `There is no model ${name}.`, { at: "name" });
}

async function switchTo(
  { objects, roster }: Deps,
  versions: readonly ModelRef[],
  now: ModelAliases | undefined,
  next: ModelAliases,
  options: SwitchOptions,
): Promise<ModelAliases> {
  const wanted = aliased(next).map((sha256) => {
    const version = versions.find((model) => model.sha256 === sha256);
    if (version !== undefined) return version;
    throw new ProblemError(
      "model-not-found",
      `${next.name} has no version ${sha256.slice(0, 12)} any more.`,
      { at: "version" },
    );
  });
  for (const version of wanted) {
    const quarantine = await readQuarantine(objects, version.sha256);
    if (quarantine !== undefined) throw modelQuarantined(version, quarantine, "version");
  }
  try {
    await untilLoaded({ roster }, wanted, options);
    await putAliases(objects, next);
    await roster.keep(next.name, wanted);
    // Without aliases the highest version served.
    const before = now === undefined ? [versions[0]!.sha256] : aliased(now);
    for (const sha256 of before) {
      if (!aliased(next).includes(sha256)) await roster.retire(sha256);
    }
  } finally {
    for (const model of wanted) await roster.enough(model);
  }
  return next;
}

/** Resolves when every infer process has run the models once; at once where there is none. */
async function untilLoaded(
  { roster }: Pick<Deps, "roster">,
  models: readonly ModelRef[],
  { deadlineMs = DEADLINE_MS, signal }: SwitchOptions,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let askAgain = 0;
  let asked = Infinity;
  for (;;) {
    signal?.throwIfAborted();
    if (performance.now() >= askAgain) {
      for (const model of models) {
        const number = await roster.ask(model);
        asked = Math.min(asked, number);
      }
      askAgain = performance.now() + ASK_MS;
    }
    const processes = await roster.attendants();
    const open: string[] = [];
    for (const { name, version, sha256 } of models) {
      for (const process of processes) {
        const state = process.models[sha256];
        if (process.seen >= asked && state?.state === "failed") {
          throw new ProblemError(
            "model-invalid",
            `${name}@${version} cannot be loaded on ${process.class}: ${state.detail}`,
            { at: "version" },
          );
        }
        if (process.seen < asked || state?.state !== "ready") open.push(`${name}@${version}`);
      }
    }
    if (open.length === 0) return;
    if (performance.now() > deadline) {
      throw new ProblemError(
        "model-not-ready",
        `${[...new Set(open)].join(", ")} is not loaded in every infer process after ${Math.round(deadlineMs / 1000)} s.`,
        { at: "version" },
      );
    }
    await sleep(LOOK_MS, undefined, signal === undefined ? {} : { signal });
  }
}

/** One change of a model's aliases at a time. */
function alone<T>(
  { redis, site }: Deps,
  name: string,
  { deadlineMs = DEADLINE_MS }: SwitchOptions,
  change: () => Promise<T>,
): Promise<T> {
  const lock = { key: aliasLock(site, name), holdMs: deadlineMs + LOCK_SPARE_MS };
  return whileLocked(redis, { ...lock, what: `The aliases of ${name}` }, change);
}
