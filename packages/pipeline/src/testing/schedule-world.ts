import { createHash } from "node:crypto";
import type { BatchKey, InferredBatch, JobId, Message, Stage } from "@framequeue/contracts";
import { createLedger, type Due, type Ledger, type PlanOptions } from "../ledger/ledger.ts";
import type { ReconcileJobDeps } from "../reconcile/reconcile-job.ts";
import type { ReconcileStoresDeps } from "../reconcile/reconcile-stores.ts";
import { deliveryId, dueMessage, queueOf, taskId } from "../queues/task-queues.ts";
import type { Random } from "./random.ts";
import type { ScheduleRedis } from "./simulated-redis.ts";

/** What a schedule is played on. Every number is drawn from its seed. */
export interface Scenario {
  /** Frames per batch, per segment. */
  readonly segments: readonly (readonly number[])[];
  readonly window: number;
  readonly openSegments: number;
  readonly attempts: number;
  readonly enhance: boolean;
  readonly render: boolean;
  readonly views: boolean;
  /** Batches whose bytes the site may hold. */
  readonly budget: number;
  /** This segment does not decode as planned, so the job falls back to a single one. */
  readonly liar?: number;
  /** Whoever works on this frame dies. */
  readonly poison?: number;
  /** Deliveries may be doubled, and holders may be taken for dead. */
  readonly zombies: boolean;
  /** Payloads get lost. */
  readonly losses: boolean;
  /** The reconciler runs; without it the redelivery of a dead process's task must do. */
  readonly reconciler: boolean;
  /** Queues lose tasks. */
  readonly forgetful: boolean;
  /** Redis goes back some writes. */
  readonly travel: boolean;
  /** More workers come: the job may hold and open one more than planned. */
  readonly widens: boolean;
  /** A decoder may have had its turn before its segment is over. */
  readonly yields: boolean;
  /** Those who could infer by the plan may be gone for good, so that ingest makes another. */
  readonly replans: boolean;
  /** An earlier run of the job left some results, of whole batches and of parts of them. */
  readonly adopts: boolean;
  /** The job is paused now and then. */
  readonly pauses: boolean;
  /** The job is cancelled in the middle. */
  readonly cancel: boolean;
  /** How likely a script runs twice because its first answer was lost. */
  readonly lostAnswers: number;
}

/** Numbers of the frames of each batch of each segment. */
export interface WorldPlan {
  readonly mode: "parallel" | "sequential";
  readonly segments: readonly (readonly (readonly number[])[])[];
  /** Results of an earlier run. */
  readonly adopted: ReadonlyMap<BatchKey, InferredBatch>;
}

export interface WorldTask {
  readonly id: string;
  readonly message: Message;
  started: number;
  waiting: boolean;
}

/** Stores and queues of one schedule, in memory; only the ledger's scripts are real. */
export class World {
  readonly site: string;
  readonly job = "j0000000000000000000000" as JobId;
  readonly redis: ScheduleRedis;
  readonly scenario: Scenario;
  readonly random: Random;
  /** Part of Redis, as the ledger is. */
  tasks = new Map<string, WorldTask>();
  /** Frames of a payload by its key; an enhanced frame has a letter. */
  readonly payloads = new Map<string, readonly string[]>();
  readonly plans = new Map<string, WorldPlan>();
  /** Results, parts, checkpoints and manifests, named by their content. */
  readonly objects = new Map<string, readonly string[]>();
  /** The objects that are the truth about the job. */
  readonly truth: { cancelled: boolean; result?: Readonly<Record<string, string>> } = {
    cancelled: false,
  };
  /** The ledger, with answers that get lost. */
  readonly ledger: Ledger;
  #tokens = 0;

  constructor(redis: ScheduleRedis, scenario: Scenario, random: Random, site: string) {
    this.redis = redis;
    this.scenario = scenario;
    this.random = random;
    this.site = site;
    this.ledger = this.#unreliable(createLedger(redis.client, site));
  }

  /** Each call runs one script. Where the first answer is lost with its connection, the caller sees the second. */
  #unreliable(ledger: Ledger): Ledger {
    return new Proxy(ledger, {
      get: (target, name) => {
        const script = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          if (this.random.chance(this.scenario.lostAnswers)) await script(...args);
          return script(...args);
        };
      },
    });
  }

  /** Names leases, credits and epochs; drawn so that a seed tells the same story on every backend. */
  token(): string {
    return `t${this.#tokens++}`;
  }

  /** As BullMQ does: an id that it still holds swallows the new task. */
  add(message: Message, id: string = taskId(message)): void {
    if (this.tasks.has(id)) return;
    this.tasks.set(id, { id, message, started: 0, waiting: true });
  }

  /** One step for each task, so that a crash may come between two. */
  *enqueue(epoch: string, due: readonly Due[] | undefined): Generator<string> {
    for (const entry of due ?? []) {
      this.add(dueMessage(this.job, epoch, entry));
      yield `add ${entry.stage} ${entry.item}`;
    }
  }

  put(kind: string, content: readonly string[]): string {
    const hash = createHash("sha1")
      .update(JSON.stringify([kind, content]))
      .digest("base64url");
    const ref = `${kind}-${hash.slice(0, 12)}`;
    this.objects.set(ref, content);
    return ref;
  }

  get(ref: string): readonly string[] {
    const content = this.objects.get(ref);
    if (content === undefined) throw new Error(`There is no object ${ref}`);
    return content;
  }

  deletePayloads(prefix: string): void {
    for (const key of [...this.payloads.keys()]) {
      if (key.startsWith(`${prefix}/`)) this.payloads.delete(key);
    }
  }

  /** The queues as the reconciler sees them. */
  readonly queues: ReconcileJobDeps["queues"] = {
    addLost: async (message) => this.add(message),
    addDue: async (job, epoch, due) => {
      for (const entry of due ?? []) this.add(dueMessage(job, epoch, entry));
    },
    missing: async (messages) => messages.filter((message) => !this.tasks.has(taskId(message))),
  };

  deliveries(stage: Stage): ReadonlySet<string> {
    const active = [...this.tasks.values()].filter(
      ({ message, waiting }) => !waiting && queueOf(message.stage) === stage,
    );
    return new Set(active.map(({ id, started }) => deliveryId({ id, attemptsStarted: started })));
  }

  /** The frame store as the reconciler sees it. */
  readonly frames: ReconcileJobDeps["frames"] & ReconcileStoresDeps["frames"] = {
    list: async function* (this: World) {
      yield* [...this.payloads.keys()];
    }.bind(this),
    delete: async (key) => void this.payloads.delete(key),
    deletePrefix: async (prefix) => this.deletePayloads(prefix),
  };

  /** The segments of the video, frames numbered through. */
  segments(): WorldPlan["segments"] {
    let frame = 0;
    return this.scenario.segments.map((batches) =>
      batches.map((frames) => Array.from({ length: frames }, () => frame++)),
    );
  }

  /** What ingest says of the plan to the ledger. */
  planOptions(): PlanOptions {
    const { scenario } = this;
    return {
      mode: "parallel",
      segments: scenario.segments.length,
      window: scenario.window,
      auto: scenario.widens,
      openSegments: scenario.openSegments,
      attempts: scenario.attempts,
      enhance: scenario.enhance,
      render: scenario.render,
      views: scenario.views,
      total: scenario.segments.flat().reduce((sum, frames) => sum + frames, 0),
    };
  }

  /** The row of a frame that decodes. */
  row(frame: number): string {
    return `${frame}${this.scenario.enhance ? "e" : ""}`;
  }

  /** What must come out: one row per frame. */
  expectedRows(): string[] {
    const count = this.scenario.segments.flat().reduce((sum, frames) => sum + frames, 0);
    return Array.from({ length: count }, (_, frame) =>
      frame === this.scenario.poison ? "gap" : this.row(frame),
    );
  }
}
