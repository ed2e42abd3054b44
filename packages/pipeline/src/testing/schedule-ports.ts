import { ProblemError } from "@framequeue/contracts";
import { createJobs } from "../jobs/jobs.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RedisClient } from "../ledger/redis.ts";
import type { Pipeline } from "../pipeline.ts";
import { createFactsReader } from "../plan/plan.ts";
import { dueMessage, type TaskQueues, taskId } from "../queues/task-queues.ts";
import type { Actor } from "./schedule-actor.ts";
import { LOCK_MS, type World } from "./schedule-world.ts";

/** Calls that ask nobody anything. */
const LOCAL = new Set(["allocate", "discard", "discardRead", "kind", "content"]);
/** Of Redis: reads that change nothing, and whose moment does not matter. */
const TIMELESS = new Set(["info", "exists", "get", "zmscore", "zscore", "sismember"]);
const LISTS = new Set(["list", "names", "unfinished"]);

/** The world as a process sees it: every store, Redis and the queues, each call of which is a step of the schedule. */
export function portsOf(world: World, actor: Actor): Pipeline {
  const { site, scenario } = world;
  const ledger = gated<Ledger>(world, actor, "ledger", world.ledger);
  const objects = gated(world, actor, "objects", world.objects);
  const frames = gated(world, actor, "frames", world.frames);
  const redis = gated<RedisClient>(world, actor, "redis", world.redis.client);
  const queues = queuesOf(world, actor);
  const jobs = createJobs({ redis, site, ledger, queues, objects, frames });
  return {
    redis,
    site,
    ledger,
    queues,
    jobs,
    objects,
    frames,
    facts: createFactsReader(objects),
    // No step of a job asks for anything of jobs that have ended.
    derivations: {} as unknown as Pipeline["derivations"],
    roster: { wasHere: async () => false } as unknown as Pipeline["roster"],
    frameBudgetBytes: world.batchBytes * scenario.budget,
    lockMs: LOCK_MS,
    host: {
      now: () => world.now,
      newToken: () => world.token(),
      sleep: (ms, signal) =>
        actor.call("sleep", () => {
          world.now += ms;
          signal?.throwIfAborted();
        }),
    },
  };
}

function gated<T extends object>(world: World, actor: Actor, port: string, target: T): T {
  return new Proxy(target, {
    get(_, name: string) {
      const found: unknown = Reflect.get(target, name);
      if (typeof found !== "function" || LOCAL.has(name)) return found;
      const method = found.bind(target) as (...args: unknown[]) => unknown;
      const label = (args: unknown[]): string =>
        `${port}.${name} ${itemOf(port === "redis" ? args.slice(0, 1) : args)}`.trimEnd();
      if (LISTS.has(name)) {
        return async function* (...args: unknown[]) {
          yield* await actor.call(label(args), () =>
            unreliable(world, port, () =>
              Array.fromAsync(method(...args) as AsyncIterable<unknown>),
            ),
          );
        };
      }
      return (...args: unknown[]) => {
        const ask = (): Promise<unknown> => unreliable(world, port, async () => method(...args));
        // What a step left never changes, so that nothing can come between.
        const isWork = port === "objects" && name === "get" && String(args[0]).includes("/work/");
        if (isWork || (port === "redis" && TIMELESS.has(name))) return ask();
        return actor.call(label(args), ask);
      };
    },
  });
}

/** Where what is asked is away, the caller hears so: before anything happened, or after it. */
async function unreliable<T>(world: World, port: string, ask: () => Promise<T>): Promise<T> {
  const { random, scenario, isCalm } = world;
  const dice = isCalm || scenario.outages === 0 ? 1 : random.next();
  if (dice < scenario.outages / 2) throw away(port);
  const answer = await ask();
  if (dice < scenario.outages) throw away(port);
  return answer;
}

function away(port: string): ProblemError {
  const isRedis = port === "ledger" || port === "redis" || port === "queues";
  return new ProblemError(isRedis ? "queue-unavailable" : "store-unavailable", "away");
}

/** What a call is about, as far as that is short. */
function itemOf(args: readonly unknown[]): string {
  const words = args.filter((arg) => typeof arg === "string" || typeof arg === "number");
  return words
    .map((word) => String(word).split("/").slice(-2).join("/"))
    .filter((word) => word.length < 24)
    .slice(0, 3)
    .join(" ");
}

/** The queues of the world. What a call adds is added one by one, so that a crash may come between two. */
function queuesOf(world: World, actor: Actor): TaskQueues {
  const say = <T>(label: string, run: () => T): Promise<T> =>
    actor.call(label, () => unreliable(world, "queues", async () => run()));
  const queues: Omit<TaskQueues, "depth" | "othersWait" | "hurry" | typeof Symbol.asyncDispose> = {
    add: (message) => say(`queues.add ${taskId(message)}`, () => world.add(message)),
    addLost: (message) => queues.add(message),
    async addDue(job, epoch, due) {
      await Promise.all((due ?? []).map((entry) => queues.add(dueMessage(job, epoch, entry))));
    },
    missing: (messages) =>
      say("queues.missing", () => messages.filter((message) => !world.tasks.has(taskId(message)))),
    deliveries: (queue) => say("queues.deliveries", () => world.deliveries(queue)),
    removeDue: (job, epoch, due) =>
      say("queues.remove", () => {
        for (const entry of due ?? []) world.removeWaiting(taskId(dueMessage(job, epoch, entry)));
      }),
    slots: async () => world.slots,
    began: async () => {},
  };
  return queues as TaskQueues;
}
