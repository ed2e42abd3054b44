import assert from "node:assert/strict";
import { type BatchKey, batchKey, type InferredBatch, type QueueName } from "@framequeue/contracts";
import { jobKey, ledgerKeys } from "../ledger/keys.ts";
import { createLedger } from "../ledger/ledger.ts";
import { Suspects } from "../reconcile/suspects.ts";
import { queueOf } from "../queues/task-queues.ts";
import { Random } from "./random.ts";
import {
  type Actor,
  cancel,
  deliver,
  DIE,
  pause,
  reconcilePass,
  resume,
} from "./schedule-actors.ts";
import { Invariants } from "./schedule-invariants.ts";
import { drawAdopted, drawScenario } from "./schedule-scenario.ts";
import { type Scenario, World, type WorldPlan, type WorldTask } from "./schedule-world.ts";
import type { ScheduleRedis, SimulatedRedis } from "./simulated-redis.ts";

/** Tasks of a queue that run at once. */
const SLOTS: Readonly<Record<QueueName, number>> = {
  ingest: 1,
  fetch: 1,
  decode: 2,
  enhance: 2,
  infer: 2,
  track: 2,
  index: 1,
  render: 1,
};
const RECONCILERS = ["reconciler-1", "reconciler-2"];
/** Steps after which a fair run counts as hung. */
const PATIENCE = 20_000;
/** How many writes Redis may go back. */
const FORGOTTEN_WRITES = 12;

interface Running {
  readonly actor: Actor;
  /** What it works on; none for the reconciler and for what a client asks of the API. */
  task?: WorldTask;
  readonly name: string;
  /** The task was given to another, who may or may not have begun. */
  zombie: boolean;
}

/** Redis at one moment. */
interface Moment {
  readonly state: string;
  readonly tasks: readonly WorldTask[];
}

/**
 * Plays one job with faults drawn from `seed`, then without, and asserts what must hold after every step and at the
 * end. Where the scenario has no reconciler, the redelivery of a dead process's task must do what a crash left undone.
 * Answers what happened, step by step; a failure tells it.
 */
export async function playSchedule(
  redis: ScheduleRedis | SimulatedRedis,
  seed: number,
  given: Partial<Scenario> = {},
): Promise<readonly string[]> {
  const random = new Random(seed);
  const scenario = drawScenario(random, given);
  const schedule = new Schedule(new World(redis, scenario, random, `sim${seed}`));
  try {
    await schedule.play();
    return schedule.story;
  } catch (error) {
    // Waiting in circles is told once.
    const steps = schedule.story.filter((step, i, story) => step !== story[i - 1]);
    const story = [`seed ${seed}`, JSON.stringify(scenario), ...steps.slice(-120)];
    throw new Error(story.join("\n"), { cause: error });
  }
}

function isSimulated(redis: ScheduleRedis): redis is SimulatedRedis {
  return "dump" in redis;
}

/** Whether the ledger counts attempts of this task. */
function isCounted({ message }: WorldTask): boolean {
  return message.stage === "decode" || message.stage === "enhance" || message.stage === "infer";
}

class Schedule {
  readonly story: string[] = [];
  readonly #world: World;
  readonly #invariants: Invariants;
  #running: Running[] = [];
  #doubles = 0;
  /** What each reconciler remembers from its last pass. */
  readonly #reconcilers = new Map(RECONCILERS.map((name) => [name, new Suspects()]));
  #paused = false;
  readonly #past: Moment[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#invariants = new Invariants(world);
  }

  async play(): Promise<void> {
    await this.#plan();
    for (let left = this.#world.random.int(20, 160); left > 0 && !this.#idle; left--) {
      await this.#faulty();
    }
    await this.#recover();
    await this.#checkEnd();
  }

  /** Faults are over: everybody in turn, and the reconciler again and again until there is nothing left for it. */
  async #recover(): Promise<void> {
    const { scenario } = this.#world;
    if (scenario.pauses) this.#begin("client", resume(this.#world));
    for (let steps = 0; !this.#idle || (scenario.reconciler && !(await this.#isClean()));) {
      this.#findStalled(() => true);
      for (const task of [...this.#world.tasks.values()]) this.#start(task);
      if (scenario.reconciler) RECONCILERS.forEach((name) => this.#startReconciler(name));
      for (const running of [...this.#running]) {
        await this.#step(running);
        assert.ok(++steps < PATIENCE, "hangs");
      }
    }
  }

  get #idle(): boolean {
    const working = this.#running.some(({ name }) => !this.#reconcilers.has(name));
    return this.#world.tasks.size === 0 && !working;
  }

  async #plan(): Promise<void> {
    const { job, plans, ledger } = this.#world;
    const segments = this.#world.segments();
    const epoch = this.#world.token();
    plans.set(epoch, { mode: "parallel", segments, adopted: this.#adopted(segments) });
    await ledger.accept(job, "2026-01-01T00:00:00Z");
    const planned = await ledger.plan(job, epoch, this.#world.planOptions());
    for (const step of this.#world.enqueue(epoch, planned.due)) this.story.push(step);
  }

  #adopted(segments: WorldPlan["segments"]): Map<BatchKey, InferredBatch> {
    const { random, scenario } = this.#world;
    const adopted = new Map<BatchKey, InferredBatch>();
    if (!scenario.adopts) return adopted;
    for (const [segment, batches] of segments.entries()) {
      for (const [batch, frames] of batches.entries()) {
        const drawn = drawAdopted(random, frames.length);
        if (drawn.length === 0 || frames.includes(scenario.poison ?? -1)) continue;
        const k = batchKey({ segment, batch });
        const ranges = drawn.map(({ f, t, known }) => {
          if (!known) return { f, t };
          const rows = frames.slice(f, t).map((frame) => this.#world.row(frame));
          return { f, t, ref: this.#world.put("infer", rows) };
        });
        adopted.set(k, { k, frames: frames.length, ranges });
      }
    }
    return adopted;
  }

  async #faulty(): Promise<void> {
    const { random, scenario, tasks, payloads } = this.#world;
    const dice = random.next();
    const mayDie = this.#running.filter(
      // A zombie's task is another's already: nobody would mend what it left.
      ({ zombie, task }) =>
        !zombie && task !== undefined && !(scenario.poison !== undefined && isCounted(task)),
    );
    if (dice < 0.07 && mayDie.length > 0) {
      this.#crash(random.pick(mayDie));
    } else if (dice < 0.1 && scenario.zombies && mayDie.length > 0) {
      const running = random.pick(mayDie);
      running.zombie = true;
      running.task!.waiting = true;
      this.story.push(`stall ${running.name}`);
    } else if (dice < 0.13 && scenario.zombies && tasks.size > 0) {
      const { message, id } = random.pick([...tasks.values()]);
      this.#world.add(message, `${id}-double-${this.#doubles++}`);
      this.story.push(`double ${id}`);
    } else if (dice < 0.15 && scenario.losses && payloads.size > 0) {
      const key = random.pick([...payloads.keys()]);
      payloads.delete(key);
      this.story.push(`lose ${key}`);
    } else if (dice < 0.17 && scenario.forgetful && tasks.size > 0) {
      this.#forget(random.pick([...tasks.values()]));
    } else if (dice < 0.185 && scenario.travel && this.#past.length > 0) {
      await this.#travel(random.pick(this.#past));
    } else if (dice < 0.2 && scenario.pauses) {
      this.#paused = !this.#paused;
      this.#begin("client", this.#paused ? pause(this.#world) : resume(this.#world));
    } else if (dice < 0.205 && scenario.cancel) {
      this.#begin("client", cancel(this.#world));
    } else if (dice < 0.25 && scenario.reconciler) {
      const reconciler = random.pick(RECONCILERS);
      if (random.chance(0.1)) this.#killReconciler(reconciler);
      this.#startReconciler(reconciler);
    } else if (dice < 0.3) {
      this.#findStalled(() => random.chance(0.5));
    } else if (dice < 0.5 && tasks.size > 0) {
      this.#start(random.pick([...tasks.values()]));
    } else if (this.#running.length > 0) {
      await this.#step(random.pick(this.#running));
    }
  }

  #begin(name: string, actor: Actor): void {
    this.#running.push({ actor, name, zombie: false });
  }

  #startReconciler(name: string): void {
    if (this.#running.some((running) => running.name === name)) return;
    this.#begin(name, reconcilePass(this.#world, this.#reconcilers.get(name)!));
  }

  #killReconciler(name: string): void {
    this.#running = this.#running.filter((running) => running.name !== name);
    this.#reconcilers.set(name, new Suspects());
    this.story.push(`kill ${name}`);
  }

  #start(task: WorldTask): void {
    const queue = queueOf(task.message.stage);
    const busy = this.#running.filter(
      ({ zombie, task: other }) =>
        !zombie && other !== undefined && queueOf(other.message.stage) === queue,
    );
    if (!task.waiting || busy.length >= SLOTS[queue]) return;
    task.waiting = false;
    task.started++;
    this.story.push(`start ${task.id} for the ${task.started}. time`);
    const actor = deliver(this.#world, { ...task });
    this.#running.push({ actor, task, name: task.id, zombie: false });
  }

  async #step(running: Running): Promise<void> {
    const { actor, task, zombie, name } = running;
    const { done, value } = await actor.next();
    if (value === DIE) {
      this.#crash(running);
      return;
    }
    if (done) {
      this.#running = this.#running.filter((other) => other !== running);
      if (!zombie && task !== undefined) this.#world.tasks.delete(task.id);
    }
    this.story.push(`${zombie ? "zombie " : ""}${name}: ${done ? "done" : value}`);
    // Neither a queued task nor a refusal changes what the invariants speak of.
    if (value === undefined || !/^add |^look|wait$/.test(value)) await this.#invariants.check();
    this.#remember();
  }

  /** The process is gone; its task is found stalled some time later. */
  #crash(running: Running): void {
    this.#running = this.#running.filter((other) => other !== running);
    this.story.push(`crash ${running.name}`);
  }

  /** Gives the tasks of dead processes to others, as BullMQ does once their locks have run out. */
  #findStalled(isSeen: () => boolean): void {
    const held = new Set(this.#running.map(({ task, zombie }) => (zombie ? undefined : task)));
    for (const task of this.#world.tasks.values()) {
      if (!task.waiting && !held.has(task) && isSeen()) task.waiting = true;
    }
  }

  /** The queue loses a task; who works on it goes on. */
  #forget(task: WorldTask): void {
    this.#world.tasks.delete(task.id);
    for (const running of this.#running) if (running.task === task) running.zombie = true;
    this.story.push(`forget ${task.id}`);
  }

  #remember(): void {
    const { scenario, redis, tasks } = this.#world;
    if (!scenario.travel || !isSimulated(redis)) return;
    this.#past.push({
      state: redis.dump(),
      tasks: [...tasks.values()].map((task) => ({ ...task })),
    });
    if (this.#past.length > FORGOTTEN_WRITES) this.#past.shift();
  }

  /** Redis dies and comes back without its last writes. Whoever works goes on, ahead of what Redis remembers. */
  async #travel(moment: Moment): Promise<void> {
    const { redis } = this.#world;
    if (!isSimulated(redis)) return;
    redis.restore(moment.state);
    this.#world.tasks = new Map(moment.tasks.map((task) => [task.id, { ...task }]));
    for (const running of this.#running) {
      if (running.task === undefined) continue;
      const task = this.#world.tasks.get(running.task.id);
      if (task !== undefined && !task.waiting && task.started === running.task.started) {
        if (!running.zombie) running.task = task;
      } else running.zombie = true;
    }
    this.#past.length = 0;
    this.story.push("Redis goes back");
    await this.#invariants.wentBack();
  }

  async #isClean(): Promise<boolean> {
    const { job, payloads, plans, redis, site } = this.#world;
    const keys = [...ledgerKeys(job).slice(1), `fq:{${site}}:grants`];
    const [st, kept] = (await redis.ask([
      ["HGET", jobKey(job), "st"],
      ["EXISTS", ...keys],
    ])) as [string, number];
    return /^(succeeded|cancelled)$/.test(st) && kept === 0 && payloads.size + plans.size === 0;
  }

  async #checkEnd(): Promise<void> {
    const { job, site, payloads, plans, scenario, truth, redis } = this.#world;
    const record = (await createLedger(redis.client, site).read(job))!;
    assert.equal(record["st"], truth.cancelled ? "cancelled" : "succeeded");
    if (!truth.cancelled) {
      const rows = this.#world.expectedRows();
      assert.deepEqual(this.#world.get(truth.result!["index"]!), rows);
      if (scenario.views) {
        for (const step of ["cut", "look"]) {
          assert.deepEqual(this.#world.get(truth.result![step]!), rows);
        }
      }
      if (scenario.render) assert.deepEqual(this.#world.get(truth.result!["render"]!), rows);
    }
    assert.deepEqual([...payloads.keys(), ...plans.keys()], [], "stores are empty");
    assert.ok(await this.#isClean(), "only the record stays, and no grant");
    await redis.ask([["DEL", jobKey(job), `fq:{${site}}:total`]]);
  }
}
