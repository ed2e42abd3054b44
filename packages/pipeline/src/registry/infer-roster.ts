import { modelRefSchema, type ModelRef } from "@framequeue/contracts";
import { z } from "zod";
import type { RedisClient } from "../ledger/redis.ts";

/** How a model stands in one infer process. */
const modelStateSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("loading") }),
  z.object({ state: z.literal("ready") }),
  z.object({ state: z.literal("failed"), detail: z.string() }),
]);
export type LoadedState = z.infer<typeof modelStateSchema>;

const attendantSchema = z.object({
  id: z.string(),
  /** Which bits come out: see `numericClass` of the models package. */
  class: z.string(),
  provider: z.string(),
  /** Number of the newest wish that it knew of when it looked at its models: what is ready by then is held for it. */
  seen: z.int(),
  /** By sha256: what is loaded, or was asked for. */
  models: z.record(z.string(), modelStateSchema),
});
/** An infer process, as it tells about itself. */
export type Attendant = z.infer<typeof attendantSchema>;

/** An entry that is not renewed for so long is of a process that is gone. */
const ENTRY_MS = 10_000;
/** A wish that is not repeated for so long is of somebody who has gone. */
const WISH_MS = 30_000;
/** Nobody else measures a model for so long after one has begun to. */
const TUNING_MS = 60_000;
/** After so long without a process of its class, a job need not hope for one any more. */
const CLASS_MS = 15 * 60_000;

/** What a process is to have loaded beside what its tasks ask for. */
export interface Wishes {
  /** Number of the newest one. */
  readonly seen: number;
  /** Named by an alias, or asked for by somebody who waits for it. */
  readonly warm: readonly ModelRef[];
  /** By sha256: no new job will ask for these, so each goes when its last job ends. */
  readonly retired: ReadonlySet<string>;
}

/** Who infers at a site, on what, and with which models loaded. Redis forgets who does not say so again. */
export type InferRoster = ReturnType<typeof createInferRoster>;

export function createInferRoster(redis: RedisClient, site: string) {
  const key = (name: string): string => `fq:{${site}}:infer:${name}`;
  const entryKey = (id: string): string => key(`process:${id}`);
  const idsKey = key("processes");
  const lastClassKey = key("class");
  const seenKey = (numericClass: string): string => key(`class:${numericClass}`);
  const wishKey = (sha256: string): string => key(`warm:${sha256}`);
  const wishesKey = key("warm");
  const keptKey = key("kept");
  const askedKey = key("asked");
  const retiredKey = key("retired");

  /** What the members of a set have said and not let run out; the others leave the set. */
  async function said(setKey: string, keyOf: (member: string) => string): Promise<unknown[]> {
    const members = await redis.smembers(setKey);
    if (members.length === 0) return [];
    const entries = await redis.mget(members.map(keyOf));
    const gone = members.filter((_, i) => entries[i] === null);
    if (gone.length > 0) await redis.srem(setKey, ...gone);
    return entries.flatMap((entry): unknown[] =>
      typeof entry === "string" ? [JSON.parse(entry)] : [],
    );
  }

  const attendants = async (): Promise<Attendant[]> =>
    (await said(idsKey, entryKey)).map((entry) => attendantSchema.parse(entry));

  return {
    /** Those that were heard of lately. */
    attendants,

    /** Says that a process is here, and how it stands. */
    async attend(attendant: Attendant): Promise<void> {
      await redis
        .multi()
        .set(entryKey(attendant.id), JSON.stringify(attendant), "PX", ENTRY_MS)
        .sadd(idsKey, attendant.id)
        .set(lastClassKey, attendant.class)
        .set(seenKey(attendant.class), "1", "PX", CLASS_MS)
        .exec();
    },

    async leave(id: string): Promise<void> {
      await redis.multi().del(entryKey(id)).srem(idsKey, id).exec();
    },

    /**
     * The class of a job that begins now: of those that are offered the one with the most processes, GPUs before the
     * processor; where nobody is here, the one that was here last. Undefined before the first process ever came.
     */
    async classForNewJob(): Promise<string | undefined> {
      const offers = Map.groupBy(await attendants(), (attendant) => attendant.class);
      const [best] = [...offers].toSorted(
        ([a, [one]], [b, [other]]) =>
          Number(one!.provider === "cpu") - Number(other!.provider === "cpu") ||
          offers.get(b)!.length - offers.get(a)!.length ||
          (a < b ? -1 : 1),
      );
      return best?.[0] ?? (await redis.get(lastClassKey)) ?? undefined;
    },

    /** Whether a process of that class was here in the last quarter of an hour. */
    async wasHere(numericClass: string): Promise<boolean> {
      return (await redis.exists(seenKey(numericClass))) === 1;
    },

    /** Whether the caller may measure the model for the class: one at a time does. It need not say when it is done. */
    async claimTuning(sha256: string, numericClass: string): Promise<boolean> {
      const claim = key(`tuning:${numericClass}:${sha256}`);
      return (await redis.set(claim, "1", "PX", TUNING_MS, "NX")) === "OK";
    },

    async wishes(): Promise<Wishes> {
      // First, so that every wish up to this one is among what is read after.
      const seen = Number((await redis.get(askedKey)) ?? 0);
      const asked = await said(wishesKey, wishKey);
      // After what was asked for: whoever makes a wish an alias keeps the model before taking the wish back.
      const [kept, retired] = await Promise.all([redis.hvals(keptKey), redis.smembers(retiredKey)]);
      const warm = [...asked, ...kept.flatMap((models) => JSON.parse(models) as unknown[])];
      return {
        seen,
        warm: warm.map((model) => modelRefSchema.parse(model)),
        retired: new Set(retired),
      };
    },

    /**
     * Asks every process to load a model and to keep it until `enough`. Said again every few seconds, it holds.
     *
     * @returns the wish's number: a process that has seen it and calls the model ready keeps it
     */
    async ask(model: ModelRef): Promise<number> {
      await redis
        .multi()
        .set(wishKey(model.sha256), JSON.stringify(model), "PX", WISH_MS)
        .sadd(wishesKey, model.sha256)
        .srem(retiredKey, model.sha256)
        .exec();
      return redis.incr(askedKey);
    },

    async enough({ sha256 }: ModelRef): Promise<void> {
      await redis.multi().del(wishKey(sha256)).srem(wishesKey, sha256).exec();
    },

    /** From now on every process has these versions of a model loaded, whether or not a job asks for them. */
    async keep(name: string, versions: readonly ModelRef[]): Promise<void> {
      await redis.hset(keptKey, name, JSON.stringify(versions));
    },

    /** Lets every process drop a model when its last job has ended. */
    async retire(sha256: string): Promise<void> {
      await redis.sadd(retiredKey, sha256);
    },
  };
}
