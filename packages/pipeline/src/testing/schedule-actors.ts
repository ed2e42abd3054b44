import { deliver, type Verdict } from "../protocol/delivery.ts";
import { deliveryId } from "../queues/task-queues.ts";
import { type PassMemory, reconcile } from "../reconcile/reconciler.ts";
import { Actor } from "./schedule-actor.ts";
import { portsOf } from "./schedule-ports.ts";
import { work } from "./schedule-work.ts";
import type { World, WorldTask } from "./schedule-world.ts";

/** What may happen to a delivery from outside. */
export interface Hands {
  readonly stopping: AbortController;
  readonly unwanted: AbortController;
  /** Its lock ran out while it worked, so that another may have the task. */
  isLate(): boolean;
}

/** So often may a task fail whose attempts the ledger does not count: more often than in any schedule. */
const MAX_ATTEMPTS = 100;

/** One delivery, by the product's own code. `settled` hears what is to become of the task. */
export function delivery(
  world: World,
  task: WorldTask,
  hands: Hands,
  settled: (outcome: Verdict["outcome"]) => void,
): Actor {
  const { message, started, failures } = task;
  const signal = AbortSignal.any([hands.stopping.signal, hands.unwanted.signal]);
  return new Actor(async (actor) => {
    const pipeline = portsOf(world, actor);
    const context = {
      signal,
      delivery: deliveryId({ id: task.id, attemptsStarted: started }),
      suspect: started > 1,
      failures: 0,
      count: () => {},
      span: undefined,
      follow: () => {},
      idle: <T>(wait: Promise<T>) => wait,
    };
    try {
      const { outcome } = await deliver(
        pipeline,
        {
          message,
          stopping: hands.stopping.signal,
          unwanted: hands.unwanted.signal,
          isRepeated: started > 1,
          failures,
          maxAttempts: MAX_ATTEMPTS,
          settle: async () => hands.isLate(),
        },
        () => work({ world, pipeline, actor }, message, context),
        () => {},
      );
      // The queue hears of it some time later.
      await actor.call("is over", () => settled(outcome));
    } catch (error) {
      if (!isExpected(error)) throw error;
      // What it was to say at the end could not be said.
      await actor.call("is over", () => settled("retry"));
    }
  });
}

/** One pass of the reconciler. */
export function reconcilerPass(world: World, memory: PassMemory): Actor {
  return new Actor(async (actor) => {
    const faults: unknown[] = [];
    const events = {
      onRepairError: (error: unknown) => faults.push(error),
      onJobSkipped: (_: unknown, error: unknown) => faults.push(error),
    };
    try {
      for await (const _ of reconcile(portsOf(world, actor), memory, events));
    } catch (error) {
      faults.push(error);
    }
    const strange = faults.find((fault) => !isExpected(fault));
    if (strange !== undefined) throw new Error("The pass failed.", { cause: strange });
  });
}

/** What a client asks of the API: refused where the job has ended, or where it cannot be said. */
export function request(world: World, what: "cancel" | "pause" | "resume" | "retry"): Actor {
  return new Actor(async (actor) => {
    const { jobs } = portsOf(world, actor);
    try {
      await jobs[what](world.job);
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  });
}

/** Answers of the product; anything else that is thrown is a fault of it. */
function isExpected(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(store|queue)-unavailable$|^job-(ended|running)$/.test(code);
}
