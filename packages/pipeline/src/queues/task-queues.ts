import {
  declarationOf,
  type AnyQueueName,
  type JobId,
  type Message,
  MESSAGE_SCHEMAS,
  MESSAGE_VERSION,
  QUEUE_PREFIX,
  type QueueName,
  QUEUES,
  STEP_NAMES,
  type StepName,
  STEPS,
  type BatchKey,
} from "@framequeue/contracts";
import { type Job, Queue } from "bullmq";
import { type ClockReading, createFairClock, needsRebase, priorityOf } from "./fair-clock.ts";
import type { Due } from "../ledger/ledger.ts";
import type { RedisClient } from "../ledger/redis.ts";
import { redisTrouble } from "../ledger/redis-trouble.ts";

/** The queue that carries a message: several steps may be those of one service. */
export function queueOf(stage: StepName): QueueName {
  return STEPS[stage].queue;
}

/**
 * The id of a message's task: the same message twice is one task, and the enqueue generation in it keeps a task that
 * BullMQ still holds under an older id from swallowing a new one.
 */
export function taskId(message: Message): string {
  const { stage, job, q } = message;
  const of = "epoch" in message ? [message.epoch, ...itemOf(message)] : [];
  // The first generation of what is asked for once has no number.
  return [stage, job, ...of, ...(of.length > 0 || (q ?? 0) > 0 ? [q] : [])].join("-");
}

function itemOf(message: Message): (string | number)[] {
  if ("segment" in message) return [message.segment];
  return "batch" in message ? [message.batch] : [];
}

/** How a worker is called in Redis, so that others know how much it takes. */
export function workerName(concurrency: number): string {
  return String(concurrency);
}

function slotsOf(clientName: string | undefined): number {
  return Number(/:w:(\d+)$/.exec(clientName ?? "")?.[1] ?? 1);
}

/** Names one delivery of a task. */
export function deliveryId(task: Pick<Job, "id" | "attemptsStarted">): string {
  return `${task.id}#${task.attemptsStarted}`;
}

function isTurn(message: Message): message is Message & { tag?: number } {
  return declarationOf(message.stage).turns === true;
}

/** What a script made due, as the message that asks for it. */
export function dueMessage(job: JobId, epoch: string, { stage, item, q, vt }: Due): Message {
  const base = { v: MESSAGE_VERSION, stage, job } as const;
  const turn = vt === undefined ? {} : { tag: vt };
  const message = {
    job: () => ({ ...base, ...(q === 0 ? {} : { q }) }),
    segment: () => ({ ...base, epoch, segment: Number(item), q, ...turn }),
    batch: () => ({ ...base, epoch, batch: item as BatchKey, q, ...turn }),
    cursor: () => ({ ...base, epoch, q }),
    tracks: () => ({ ...base, epoch, q, ...turn }),
  }[STEPS[stage].scope]();
  return message as Message;
}

/** Tasks of one queue by where they are. */
export interface QueueDepth {
  /** Ready for a worker, with a priority or without. */
  readonly waiting: number;
  readonly active: number;
  /** Tried before, and to be tried again at a time. */
  readonly delayed: number;
}

/** The producing side of all queues. */
export interface TaskQueues extends AsyncDisposable {
  /** Checked against its schema; adding the same message twice adds one task. */
  add(message: Message): Promise<void>;
  /** Those messages whose task is in no queue, whether or not a record of it is left. */
  missing(messages: readonly Message[]): Promise<Message[]>;
  /** Adds a task that is missing. What is left of its record would otherwise count as the task. */
  addLost(message: Message): Promise<void>;
  /** Tasks of a queue that all its processes together hold at once. */
  slots(queue: QueueName): Promise<number>;
  /** How many tasks are where. */
  depth(queue: AnyQueueName): Promise<QueueDepth>;
  /** What is being worked on, or was when its process died: see `deliveryId`. */
  deliveries(queue: QueueName): Promise<ReadonlySet<string>>;
  /** A decode with this tag has begun, or goes on as if it began now: see `FairClock`. */
  began(tag: number): Promise<void>;
  /** Whether decode tasks of other jobs wait whose turn comes before that of `job` at virtual time `tag`. */
  othersWait(job: JobId, tag: number): Promise<boolean>;
  /** Takes tasks out of their queues that need not be done any more; one that a worker holds stays until it is over. */
  removeDue(job: JobId, epoch: string, due: readonly Due[] | undefined): Promise<void>;
  /** Those that were put back for later (see `Later`) are to be done now. */
  hurry(job: JobId, epoch: string, due: readonly Due[] | undefined): Promise<void>;
  /** Enqueues everything that a script answered as due. */
  addDue(job: JobId, epoch: string, due: readonly Due[] | undefined): Promise<void>;
}

/** Queues whose tasks take turns between jobs. */
const TURNS = new Set(STEP_NAMES.filter((name) => declarationOf(name).turns).map(queueOf));

/** BullMQ's score of a waiting task: its priority times this, and a counter. */
const SCORES_PER_PRIORITY = 2 ** 32;

/** A job has at most so many decode tasks of its own, one per open segment: more cannot hide those of others. */
const OPEN_SEGMENTS = 32;

export function createTaskQueues(connection: RedisClient, site: string): TaskQueues {
  const clock = createFairClock(connection, site);
  const queues = new Map<AnyQueueName, Queue>(
    QUEUES.map((name) => [
      name,
      new Queue(name, {
        connection,
        prefix: QUEUE_PREFIX,
        // The ledger is the record; a task that is over leaves nothing behind.
        defaultJobOptions: {
          removeOnComplete: true,
          removeOnFail: true,
          attempts: 1_000_000,
          backoff: { type: "ledger" },
          // The log has every error; the task need not gather them for as long as it is tried.
          stackTraceLimit: 1,
        },
        streams: { events: { maxLen: 100 } },
      }),
    ]),
  );
  // Whoever opened the connection hears of its faults; a queue without a listener would print them once more.
  for (const queue of queues.values()) queue.on("error", () => {});
  const decode = queues.get("decode")!;

  /** The message with its place in the order of turns, and the priority that this is in the queue. */
  async function placed<M extends Message>(message: M): Promise<{ message: M; priority?: number }> {
    if (!isTurn(message)) return { message };
    const reading = await makeRoom(await clock.read());
    const { tag = reading.now } = message;
    // Batches follow their segment: what it began with has lifted the job's virtual time to the clock.
    const lifted = message.stage === "decode" ? Math.max(tag, reading.now) : tag;
    return { message: { ...message, tag: lifted }, priority: priorityOf(lifted, reading) };
  }

  /** Lets priorities count from the clock again before the numbers run out, and moves the tasks that wait. */
  async function makeRoom(seen: ClockReading): Promise<ClockReading> {
    if (!needsRebase(seen)) return seen;
    const again = seen.moving === undefined ? await clock.rebase(seen) : true;
    const reading = await clock.read();
    if (!again) return reading;
    for (const stage of TURNS) {
      for (const task of await queues.get(stage)!.getPrioritized()) {
        const { tag } = task.data as { tag?: number };
        // One that a worker took meanwhile has no priority to change.
        await task.changePriority({ priority: priorityOf(tag ?? 0, reading) }).catch(() => {});
      }
    }
    await clock.rebased();
    return { ...reading, moving: undefined };
  }

  return {
    async add(unplaced) {
      const { message, priority } = await placed(MESSAGE_SCHEMAS[unplaced.stage].parse(unplaced));
      const options = { jobId: taskId(message), ...(priority === undefined ? {} : { priority }) };
      try {
        await queues.get(queueOf(message.stage))!.add(message.stage, message, options);
      } catch (error) {
        throw redisTrouble(error) ?? error;
      }
    },
    began: (tag) => clock.advance(tag),
    async othersWait(job, tag) {
      const [waiting, prioritized, reading] = await Promise.all([
        connection.lrange(decode.toKey("wait"), -OPEN_SEGMENTS - 1, -1),
        connection.zrange(decode.toKey("prioritized"), 0, `${OPEN_SEGMENTS}`, "WITHSCORES"),
        clock.read(),
      ]);
      const own = `decode-${job}-`;
      if (waiting.some((id) => !id.startsWith(own))) return true;
      const mine = priorityOf(tag, reading);
      for (let i = 0; i < prioritized.length; i += 2) {
        const priority = Math.floor(Number(prioritized[i + 1]) / SCORES_PER_PRIORITY);
        if (!prioritized[i]!.startsWith(own)) return priority < mine;
      }
      return false;
    },
    async missing(messages) {
      const states = await Promise.all(
        messages.map((message) => queues.get(queueOf(message.stage))!.getJobState(taskId(message))),
      );
      return messages.filter((_, i) => states[i] === "unknown");
    },
    async addLost(message) {
      // Refused where somebody works on it after all.
      await queues.get(queueOf(message.stage))!.remove(taskId(message));
      await this.add(message);
    },
    async slots(name) {
      const workers = await queues.get(name)!.getWorkers();
      return workers.reduce((sum, { rawname }) => sum + slotsOf(rawname), 0);
    },
    async depth(name) {
      const queue = queues.get(name)!;
      const counts = await queue.getJobCounts("wait", "prioritized", "active", "delayed");
      const count = (state: string): number => counts[state] ?? 0;
      return {
        waiting: count("wait") + count("prioritized"),
        active: count("active"),
        delayed: count("delayed"),
      };
    },
    async deliveries(name) {
      const active = await queues.get(name)!.getActive();
      // One whose record was lost is in the list, and nothing else is known of it.
      return new Set(active.filter((task) => task !== undefined).map((task) => deliveryId(task)));
    },
    async removeDue(job, epoch, due) {
      for (const entry of due ?? []) {
        const message = dueMessage(job, epoch, entry);
        await queues.get(queueOf(message.stage))!.remove(taskId(message));
      }
    },
    async hurry(job, epoch, due) {
      for (const entry of due ?? []) {
        const message = dueMessage(job, epoch, entry);
        const task = await queues.get(queueOf(message.stage))!.getJob(taskId(message));
        // One that comes back by itself meanwhile needs no help.
        if ((await task?.isDelayed()) === true) await task?.promote().catch(() => {});
      }
    },
    async addDue(job, epoch, due) {
      await Promise.all((due ?? []).map((entry) => this.add(dueMessage(job, epoch, entry))));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
