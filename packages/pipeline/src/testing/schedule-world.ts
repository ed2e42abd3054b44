import {
  type AcceptedJob,
  type DetectionTuple,
  type JobId,
  LATE_STEPS,
  type Message,
  type QueueName,
} from "@framequeue/contracts";
import { createMemoryFrameStore } from "@framequeue/frames";
import { objectKeys } from "../ledger/keys.ts";
import { createLedger, type Ledger, type PlanOptions } from "../ledger/ledger.ts";
import { completePlan, type Plan, planSchema } from "../plan/plan.ts";
import { deliveryId, queueOf, taskId } from "../queues/task-queues.ts";
import { createMemoryObjects } from "./memory-objects.ts";
import type { Random } from "./random.ts";
import type { Scenario } from "./schedule-scenario.ts";
import type { ScheduleRedis } from "./simulated-redis.ts";
import { sampleJob } from "./test-site.ts";

export const LOCK_MS = 15_000;
/** A frame is one pixel of three planes: its number, whether it was enhanced, and its number again. */
const FRAME_BYTES = 3;
/** Every buffer has room for so many frames, whatever there is in it. */
export const BUFFER_FRAMES = 4;

export interface WorldTask {
  readonly id: string;
  readonly message: Message;
  started: number;
  /** Deliveries that failed for a reason that nobody knows. */
  failures: number;
  waiting: boolean;
}

/** Redis, stores and queues of one schedule, in memory; the code that speaks to them is the product's. */
export class World {
  readonly site: string;
  readonly job = "j0000000000000000000000" as JobId;
  readonly redis: ScheduleRedis;
  readonly scenario: Scenario;
  readonly random: Random;
  readonly objects = createMemoryObjects();
  readonly frames = createMemoryFrameStore();
  /** The ledger, with answers that get lost. */
  readonly ledger: Ledger;
  /** Part of Redis, as the ledger is. */
  tasks = new Map<string, WorldTask>();
  /** Milliseconds. */
  now = 0;
  /** Faults are over. */
  isCalm = false;
  /** Tasks that the processes of a queue hold at once, as Redis tells it. */
  readonly slots = 2;
  #tokens = 0;

  constructor(
    redis: ScheduleRedis,
    scenario: Scenario,
    random: Random,
    site: string,
    tamper: (ledger: Ledger) => Partial<Ledger> = () => ({}),
  ) {
    this.redis = redis;
    this.scenario = scenario;
    this.random = random;
    this.site = site;
    const ledger = createLedger(redis.client, site);
    this.ledger = this.#forgetful({ ...ledger, ...tamper(ledger) });
  }

  /** Each call runs one script. Where the first answer is lost with its connection, the caller sees the second. */
  #forgetful(ledger: Ledger): Ledger {
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
    this.tasks.set(id, { id, message, started: 0, failures: 0, waiting: true });
  }

  /** One that a worker holds stays. */
  removeWaiting(id: string): void {
    if (this.tasks.get(id)?.waiting === true) this.tasks.delete(id);
  }

  deliveries(queue: QueueName): ReadonlySet<string> {
    const active = [...this.tasks.values()].filter(
      ({ message, waiting }) => !waiting && queueOf(message.stage) === queue,
    );
    return new Set(active.map(({ id, started }) => deliveryId({ id, attemptsStarted: started })));
  }

  /** Work may fail for a reason of its own. */
  isUnlucky(): boolean {
    return !this.isCalm && this.scenario.failures > 0 && this.random.chance(this.scenario.failures);
  }

  /** What is kept of the job besides its results. */
  workObjects(): string[] {
    const below = `${objectKeys.work(this.job)}/`;
    return [...this.objects.content.keys()].filter((key) => key.startsWith(below));
  }

  /** Bytes that one batch reserves. */
  get batchBytes(): number {
    return BUFFER_FRAMES * FRAME_BYTES * (this.scenario.enhance ? 2 : 1);
  }

  accepted(): AcceptedJob {
    const job = sampleJob(this.job);
    return {
      ...job,
      options: { ...job.options, enhance: { normalize: this.scenario.enhance } },
      render: this.scenario.render,
    };
  }

  /** The batches of a segment by the numbers of their frames: a source that is decoded in one go has only one. */
  batchesOf({ mode }: Pick<Plan, "mode">, segment: number): readonly (readonly number[])[] {
    const cut = numbered(this.scenario.segments);
    return mode === "parallel" ? cut[segment]! : cut.flat();
  }

  /** What ingest makes of the source. */
  draw(): Plan {
    const { segments } = this.scenario;
    const count = (batches: readonly number[]): number => batches.reduce((a, b) => a + b, 0);
    const kept = planSchema.parse({
      ...PLAN,
      segments: segments.map((batches) => ({ frames: count(batches) })),
      expectedFrames: count(segments.flat()),
    });
    return completePlan(kept, this.accepted());
  }

  /** What ingest says of the plan to the ledger. */
  planOptions({ mode, segments }: Pick<Plan, "mode" | "segments">): PlanOptions {
    const { scenario } = this;
    return {
      mode,
      segments: segments.length,
      window: scenario.window,
      auto: scenario.widens,
      openSegments: scenario.openSegments,
      attempts: scenario.attempts,
      enhance: scenario.enhance,
      steps: LATE_STEPS.filter((step) => {
        if (step === "render") return scenario.render;
        return scenario.views || (step !== "cut" && step !== "look");
      }),
      total: scenario.segments.flat().reduce((sum, frames) => sum + frames, 0),
    };
  }

  /** The pixels of a batch. */
  paint(frames: readonly number[]): SharedArrayBuffer {
    const pixels = this.frames.allocate(BUFFER_FRAMES * FRAME_BYTES);
    const bytes = new Uint8Array(pixels);
    bytes.fill(0);
    for (const [i, frame] of frames.entries()) bytes.set([frame, 0, frame], i * FRAME_BYTES);
    return pixels;
  }

  /** The same enhanced, in a buffer of its own. */
  enhanced(pixels: SharedArrayBuffer): SharedArrayBuffer {
    const copy = this.frames.allocate(pixels.byteLength);
    const bytes = new Uint8Array(copy);
    bytes.set(new Uint8Array(pixels));
    for (let i = 1; i < bytes.length; i += FRAME_BYTES) bytes[i] = 1;
    return copy;
  }

  /** What a network finds in the `i`-th frame of a batch. */
  look(pixels: SharedArrayBuffer, i: number): { frame: number; detections: DetectionTuple[] } {
    const [frame, isEnhanced] = new Uint8Array(pixels, i * FRAME_BYTES, FRAME_BYTES);
    return { frame: frame!, detections: [[frame!, isEnhanced!, 1, 1, 1, 0]] };
  }

  /** What is known of a frame that decodes. */
  row(frame: number): string {
    return `${frame}${this.scenario.enhance ? "e" : ""}`;
  }

  /** What must come out: a row for every frame that decodes. */
  expectedRows(): string[] {
    const { broken, poison } = this.scenario;
    const batches = numbered(this.scenario.segments).flat();
    const end = batches.findIndex((frames) => frames.includes(broken ?? -1));
    return (end === -1 ? batches : batches.slice(0, end))
      .flat()
      .map((frame) => (frame === poison ? "gap" : this.row(frame)));
  }

  /** Whether nothing at all of the source decodes. */
  get isHopeless(): boolean {
    return this.scenario.broken !== undefined && this.expectedRows().length === 0;
  }
}

/** Frames numbered through. */
function numbered(segments: Scenario["segments"]): number[][][] {
  let frame = 0;
  return segments.map((batches) =>
    batches.map((frames) => Array.from({ length: frames }, () => frame++)),
  );
}

const PLAN = {
  v: 1,
  source: { kind: "file", path: "/videos/street.mp4", name: "street.mp4" },
  sourceSha256: "0".repeat(64),
  media: {
    container: "mp4",
    codec: "h264",
    streamIndex: 0,
    width: 1,
    height: 1,
    rotation: 0,
    timeBase: [1, 25],
    startSeconds: 0,
    durationSeconds: 1,
    hasAudio: false,
  },
  mode: "parallel",
  frame: { width: 1, height: 1, layout: "gbrp" },
  batchFrames: BUFFER_FRAMES,
  minScore: 0.3,
  labels: ["person"],
  numeric: { class: "cpu", tensorBatch: {} },
} as const;
