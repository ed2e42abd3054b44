import { createHash } from "node:crypto";
import { type JobId, type Message, newJobId } from "@framequeue/contracts";
import type { Due, Ledger } from "../ledger.ts";
import { dueMessage, taskId } from "../task-queues.ts";
import type { Random } from "./random.ts";

/** What a schedule is played on. Every number is drawn from its seed. */
export interface Scenario {
  /** Frames per batch, per segment. */
  readonly segments: readonly (readonly number[])[];
  readonly window: number;
  readonly openSegments: number;
  readonly attempts: number;
  readonly enhance: boolean;
  readonly render: boolean;
  /** Batches whose bytes the site may hold. */
  readonly budget: number;
  /** This segment does not decode as planned, so the job falls back to a single one. */
  readonly liar?: number;
  /** Whoever works on this frame dies. */
  readonly poison?: number;
  /** Deliveries may be doubled, and holders may be taken for dead. */
  readonly zombies: boolean;
  readonly losses: boolean;
  /** How likely a script runs twice because its first answer was lost. */
  readonly lostAnswers: number;
}

/** Numbers of the frames of each batch of each segment. */
export interface WorldPlan {
  readonly mode: "parallel" | "sequential";
  readonly segments: readonly (readonly (readonly number[])[])[];
}

export interface WorldTask {
  readonly id: string;
  readonly message: Message;
  started: number;
  waiting: boolean;
}

/** Stores and queues of one schedule, in memory; only the ledger is real. */
export class World {
  readonly job: JobId = newJobId();
  readonly scenario: Scenario;
  readonly random: Random;
  readonly tasks = new Map<string, WorldTask>();
  /** Frames of a payload by its key; an enhanced frame has a letter. */
  readonly payloads = new Map<string, readonly string[]>();
  readonly plans = new Map<string, WorldPlan>();
  /** Results, parts, checkpoints and manifests, named by their content. */
  readonly objects = new Map<string, readonly string[]>();
  readonly #ledger: Ledger;

  constructor(ledger: Ledger, scenario: Scenario, random: Random) {
    this.#ledger = ledger;
    this.scenario = scenario;
    this.random = random;
  }

  /** Calls one script. Where the first answer is lost with its connection, the caller sees the second. */
  async call<A>(script: (ledger: Ledger) => Promise<A>): Promise<A> {
    const lost = this.random.chance(this.scenario.lostAnswers);
    if (lost) await script(this.#ledger);
    return script(this.#ledger);
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

  /** What must come out: one row per frame. */
  expectedRows(): string[] {
    const count = this.scenario.segments.flat().reduce((sum, frames) => sum + frames, 0);
    return Array.from({ length: count }, (_, frame) =>
      frame === this.scenario.poison ? "gap" : `${frame}${this.scenario.enhance ? "e" : ""}`,
    );
  }
}
