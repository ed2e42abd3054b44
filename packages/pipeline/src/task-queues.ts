import {
  type JobId,
  type Message,
  MESSAGE_SCHEMAS,
  MESSAGE_VERSION,
  QUEUE_PREFIX,
  type Stage,
  STAGES,
  type BatchKey,
} from "@framequeue/contracts";
import { type Job, Queue } from "bullmq";
import type { Due } from "./ledger.ts";
import type { RedisClient } from "./redis.ts";

/** The queue that carries a message. The index service does the last step of a job as well. */
export function queueOf(stage: Message["stage"]): Stage {
  return stage === "finalize" ? "index" : stage;
}

/**
 * The id of a message's task: the same message twice is one task, and the enqueue generation in it keeps a task that
 * BullMQ still holds under an older id from swallowing a new one.
 */
export function taskId(message: Message): string {
  switch (message.stage) {
    case "ingest":
      return `ingest-${message.job}${message.q ? `-${message.q}` : ""}`;
    case "decode":
      return `decode-${message.job}-${message.epoch}-${message.segment}-${message.q}`;
    case "enhance":
    case "infer":
      return `${message.stage}-${message.job}-${message.epoch}-${message.batch}-${message.q}`;
    default:
      return `${message.stage}-${message.job}-${message.epoch}-${message.q}`;
  }
}

/** Names one delivery of a task. */
export function deliveryId(task: Pick<Job, "id" | "attemptsStarted">): string {
  return `${task.id}#${task.attemptsStarted}`;
}

/** What a script made due, as the message that asks for it. */
export function dueMessage(job: JobId, epoch: string, { stage, item, q }: Due): Message {
  const base = { v: MESSAGE_VERSION, job, epoch, q } as const;
  switch (stage) {
    case "ingest":
      return { v: MESSAGE_VERSION, stage, job, ...(q === 0 ? {} : { q }) };
    case "decode":
      return { ...base, stage, segment: Number(item) };
    case "enhance":
    case "infer":
      return { ...base, stage, batch: item as BatchKey };
    default:
      return { ...base, stage };
  }
}

/** The producing side of all queues. */
export interface TaskQueues extends AsyncDisposable {
  /** Checked against its schema; adding the same message twice adds one task. */
  add(message: Message): Promise<void>;
  /** Those messages whose task is in no queue. */
  missing(messages: readonly Message[]): Promise<Message[]>;
  /** What is being worked on, or was when its process died: see `deliveryId`. */
  deliveries(stage: Stage): Promise<ReadonlySet<string>>;
  /** Enqueues everything that a script answered as due. */
  addDue(job: JobId, epoch: string, due: readonly Due[] | undefined): Promise<void>;
}

export function createTaskQueues(connection: RedisClient): TaskQueues {
  const queues = new Map<Stage, Queue>(
    STAGES.map((stage) => [
      stage,
      new Queue(stage, {
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
  return {
    async add(message) {
      const checked = MESSAGE_SCHEMAS[message.stage].parse(message);
      await queues.get(queueOf(message.stage))!.add(message.stage, checked, {
        jobId: taskId(message),
      });
    },
    async missing(messages) {
      const pipeline = connection.pipeline();
      for (const message of messages) {
        pipeline.exists(queues.get(queueOf(message.stage))!.toKey(taskId(message)));
      }
      const answers = (await pipeline.exec()) ?? [];
      return messages.filter((_, i) => answers[i]?.[0] === null && answers[i][1] === 0);
    },
    async deliveries(stage) {
      const active = await queues.get(stage)!.getActive();
      // One whose record was lost is in the list, and nothing else is known of it.
      return new Set(active.filter((task) => task !== undefined).map((task) => deliveryId(task)));
    },
    async addDue(job, epoch, due) {
      await Promise.all((due ?? []).map((entry) => this.add(dueMessage(job, epoch, entry))));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
