import {
  type JobId,
  modelKeys,
  type ModelRef,
  ProblemError,
  type Quarantine,
  quarantineSchema,
} from "@framequeue/contracts";
import { getSealed, isLoss, type ObjectStore, putSealed } from "@framequeue/storage";
import type { Ports } from "../ports.ts";
import { readableAliases } from "./model-aliases.ts";
import { readLineage } from "./model-records.ts";
import type { RedisClient } from "../ledger/redis.ts";

type Deps = Pick<Ports, "redis" | "site" | "objects">;
type Named = Pick<Ports, "redis" | "site">;

/** A run of a model that broke a bound of the process that ran it. */
export interface Strike extends Pick<Quarantine, "bound" | "limit" | "job"> {
  readonly model: ModelRef;
}

/** What follows from a strike: the work may be tried again, its job is over, or the version is in quarantine. */
export type Verdict = "again" | "job-over" | "quarantined";

/** Strikes that are older count no more. */
const REMEMBER_SECONDS = 3_600;
/** The first may be the machine's fault. */
const MOST_STRIKES = 2;

/** By job, how often a version broke a bound. */
const strikesKey = (site: string, sha256: string): string => `fq:{${site}}:strikes:${sha256}`;
/** Work that may have broken a bound while other work ran beside it. */
const suspectKey = (site: string, job: JobId, work: string): string =>
  `fq:{${site}}:suspect:${job}:${work}`;
/** By sha256: a copy of what the objects say, for those who ask for every batch. */
const quarantinedKey = (site: string): string => `fq:{${site}}:models:quarantined`;

/**
 * Remembers that a version broke a bound; at the second time it goes into quarantine. Not where it is one that the
 * operator stands for, whatever the pictures: who can send a video shall not be able to take that from everybody. Then
 * the job is over instead.
 */
export async function strikeModel(deps: Deps, strike: Strike): Promise<Verdict> {
  const { redis, site } = deps;
  const { model, bound, limit, job } = strike;
  const key = strikesKey(site, model.sha256);
  await redis.multi().hincrby(key, job, 1).expire(key, REMEMBER_SECONDS).exec();
  const strikes = Object.entries(await redis.hgetall(key));
  const sum = (counted: typeof strikes): number =>
    counted.reduce((total, [, count]) => total + Number(count), 0);
  if (await isVouchedFor(deps, model)) {
    return sum(strikes.filter(([id]) => id === job)) < MOST_STRIKES ? "again" : "job-over";
  }
  if (sum(strikes) < MOST_STRIKES) return "again";
  const quarantine: Quarantine = { v: 1, at: new Date().toISOString(), bound, limit, job };
  await quarantineModel(deps, model.sha256, quarantine);
  return "quarantined";
}

/** Whether the version is bundled, of the catalogue, or what the operator made `stable`. */
async function isVouchedFor({ objects }: Deps, { name, sha256 }: ModelRef): Promise<boolean> {
  const [lineage, aliases] = await Promise.all([
    readLineage(objects, sha256),
    readableAliases(objects, name),
  ]);
  return lineage?.by === "bundled" || lineage?.by === "pull" || aliases?.stable === sha256;
}

async function quarantineModel(
  { redis, site, objects }: Deps,
  sha256: string,
  quarantine: Quarantine,
): Promise<void> {
  // The object comes first: Redis may forget.
  const key = modelKeys(sha256).quarantine;
  await putSealed(objects, key, quarantine, { durable: true });
  await redis.sadd(quarantinedKey(site), sha256);
}

/** Lets jobs use a version again, as if it had never broken a bound. Answers whether they could not. */
export async function liftQuarantine(
  { redis, site, objects }: Deps,
  sha256: string,
): Promise<boolean> {
  const key = modelKeys(sha256).quarantine;
  const was = (await objects.stat(key)) !== undefined;
  await objects.delete(key);
  await redis.del(strikesKey(site, sha256));
  await redis.srem(quarantinedKey(site), sha256);
  return was;
}

/** Undefined where jobs may use the version; also where the record is damaged: it strikes again if it is as bad. */
export async function readQuarantine(
  objects: ObjectStore,
  sha256: string,
): Promise<Quarantine | undefined> {
  try {
    return quarantineSchema.safeParse(await getSealed(objects, modelKeys(sha256).quarantine)).data;
  } catch (error) {
    if (isLoss(error)) return undefined;
    throw error;
  }
}

/** Tells Redis again which versions are in quarantine, which it may have forgotten. */
export async function keepQuarantined({ redis, site, objects }: Deps): Promise<void> {
  for await (const key of objects.list("models")) {
    const sha256 = /^models\/([0-9a-f]{64})\/quarantine\.json$/.exec(key)?.[1];
    if (sha256 !== undefined) await redis.sadd(quarantinedKey(site), sha256);
  }
}

/** How many versions are in quarantine, as far as Redis knows. */
export function countQuarantined(redis: RedisClient, site: string): Promise<number> {
  return redis.scard(quarantinedKey(site));
}

/** Has the work run alone in its process: it, or what ran beside it, broke a bound. */
export async function suspectWork({ redis, site }: Named, job: JobId, work: string): Promise<void> {
  await redis.set(suspectKey(site, job, work), "1", "EX", REMEMBER_SECONDS);
}

/** The work is done, so it was not what broke the bound. */
export async function trustWork({ redis, site }: Named, job: JobId, work: string): Promise<void> {
  await redis.del(suspectKey(site, job, work));
}

/**
 * Whether work may run its job's models, and whether alone.
 *
 * @throws ProblemError `model-quarantined`
 */
export async function checkStanding(
  deps: Deps,
  models: readonly ModelRef[],
  job: JobId,
  work: string,
): Promise<{ readonly isSuspect: boolean }> {
  const { redis, site, objects } = deps;
  const all = models.map(({ sha256 }) => sha256);
  const [quarantined, suspects] = await Promise.all([
    redis.smismember(quarantinedKey(site), all),
    redis.exists(suspectKey(site, job, work)),
  ]);
  for (const [i, model] of models.entries()) {
    if (quarantined[i] !== 1) continue;
    const quarantine = await readQuarantine(objects, model.sha256);
    if (quarantine !== undefined) throw modelQuarantined(model, quarantine);
    // The object was taken away, and Redis did not hear of it.
    await redis.srem(quarantinedKey(site), model.sha256);
  }
  return { isSuspect: suspects > 0 };
}

/** @param at the field of a request that names the model */
export function modelQuarantined(
  { name, version }: ModelRef,
  { bound, limit }: Pick<Quarantine, "bound" | "limit">,
  at = "model",
): ProblemError {
  return new ProblemError(
    "model-quarantined",
    `${name}@${version} is in quarantine, because runs of it took more than ${sizeOf(bound, limit)}. ` +
      "Use another version; or, where the bound is too tight for it, raise that and lift the quarantine: " +
      `npm run models -- release ${name} ${version}.`,
    { at },
  );
}

/** What a job fails with whose frames made a version break a bound that does not go into quarantine. */
export function modelBroke({ model, bound, limit }: Strike): ProblemError {
  return new ProblemError(
    bound === "time" ? "model-too-slow" : "model-too-large",
    `A run of ${model.name}@${model.version} on frames of this job took more than ${sizeOf(bound, limit)}, twice. ` +
      "Use another version of the model.",
    { at: "model" },
  );
}

function sizeOf(bound: Quarantine["bound"], limit: number): string {
  return bound === "time"
    ? `${limit / 1_000} s of processor time`
    : `${Math.floor(limit / 1e6)} MB of memory`;
}
