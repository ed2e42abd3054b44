import assert from "node:assert/strict";
import {
  batchKey,
  type InferredBatch,
  isTerminal,
  type JobState,
  ProblemError,
  type QueueName,
} from "@framequeue/contracts";
import { getSealed, putSealed } from "@framequeue/storage";
import { jobResultSchema } from "@framequeue/contracts";
import { jobKey, ledgerKeys, objectKeys } from "../ledger/keys.ts";
import { createLedger, type Ledger } from "../ledger/ledger.ts";
import { createJobs } from "../jobs/jobs.ts";
import { type Plan, putPlan } from "../plan/plan.ts";
import { putIntermediate } from "../protocol/intermediates.ts";
import { NotWanted } from "../queues/job-watch.ts";
import { dueMessage, queueOf, type TaskQueues } from "../queues/task-queues.ts";
import { newPassMemory, type PassMemory } from "../reconcile/reconciler.ts";
import { Random } from "./random.ts";
import { type Actor, DIE } from "./schedule-actor.ts";
import { delivery, type Hands, reconcilerPass, request } from "./schedule-actors.ts";
import { Invariants } from "./schedule-invariants.ts";
import { drawAdopted, drawScenario, type Scenario } from "./schedule-scenario.ts";
import { World, type WorldTask } from "./schedule-world.ts";
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
/** Steps full of faults. */
const FAULTY_STEPS = [60, 600] as const;

interface Running {
  readonly actor: Actor;
  readonly name: string;
  /** What it works on; none for the reconciler and for what a client asks of the API. */
  task?: WorldTask;
  readonly hands?: Hands;
  /** The task was given to another, who may or may not have begun. */
  zombie: boolean;
  /** Till when it stands still: the faults that matter come where one is slow and others are quick. */
  naps: number;
}

/** Redis at one moment. */
interface Moment {
  readonly state: string;
  readonly tasks: readonly WorldTask[];
}

/**
 * Plays one job with faults drawn from `seed`, then without, and asserts what must hold after every step and at the
 * end. Where the scenario has no reconciler, the redelivery of a dead process's task must do what a crash left undone.
 * Answers what happened, step by step; a failure tells it. `tamper` may put a fault into what is said to the ledger, to
 * see that it is found.
 */
export async function playSchedule(
  redis: ScheduleRedis | SimulatedRedis,
  seed: number,
  given: Partial<Scenario> = {},
  tamper?: (ledger: Ledger) => Partial<Ledger>,
): Promise<readonly string[]> {
  const random = new Random(seed);
  const scenario = drawScenario(random, given);
  const schedule = new Schedule(new World(redis, scenario, random, `sim${seed}`, tamper));
  try {
    await schedule.play();
    return schedule.story;
  } catch (error) {
    // Waiting in circles is told once.
    const steps = schedule.story.filter((step, i, story) => step !== story[i - 1]);
    const story = [`seed ${seed}`, JSON.stringify(scenario), ...steps.slice(-160)];
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
  readonly #reconcilers = new Map<string, PassMemory>();
  #paused = false;
  readonly #past: Moment[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#invariants = new Invariants(world);
  }

  async play(): Promise<void> {
    await this.#submit();
    const { random } = this.#world;
    for (let left = random.int(...FAULTY_STEPS); left > 0 && !this.#idle; left--) {
      await this.#faulty();
    }
    await this.#recover();
    await this.#checkEnd();
  }

  /** Faults are over: everybody in turn, and the reconciler again and again until there is nothing left for it. */
  async #recover(): Promise<void> {
    const { scenario, tasks } = this.#world;
    this.#world.isCalm = true;
    if (scenario.pauses) this.#begin("client", request(this.#world, "resume"));
    for (let steps = 0; !(await this.#isOver());) {
      this.#findStalled(() => true);
      for (const task of [...this.#world.tasks.values()]) this.#start(task);
      if (scenario.reconciler) RECONCILERS.forEach((name) => this.#startReconciler(name));
      await this.#askAgain();
      assert.ok(this.#running.length > 0, `nobody does anything, ${tasks.size} tasks`);
      for (const running of [...this.#running]) {
        if (!this.#running.includes(running)) continue;
        await this.#step(running);
        assert.ok(++steps < PATIENCE, "hangs");
      }
    }
  }

  /** Whoever wants something of a job that is refused for a while asks again. */
  async #askAgain(): Promise<void> {
    if (this.#running.some(({ name }) => name === "client")) return;
    const st = await this.#state();
    if (this.#isCancelled) {
      if (st !== "cancelled") this.#begin("client", request(this.#world, "cancel"));
    } else if (this.#idle && st === "failed" && !this.#world.isHopeless) {
      this.#begin("client", request(this.#world, "retry"));
    }
  }

  async #isOver(): Promise<boolean> {
    if (!this.#idle || !(await this.#isClean())) return false;
    const st = (await this.#state()) as JobState;
    if (this.#isCancelled) return st === "cancelled";
    return st === "succeeded" || (st === "failed" && this.#world.isHopeless);
  }

  get #idle(): boolean {
    const working = this.#running.some(({ name }) => !RECONCILERS.includes(name));
    return this.#world.tasks.size === 0 && !working;
  }

  get #isCancelled(): boolean {
    return this.#world.objects.content.has(objectKeys.cancelled(this.#world.job));
  }

  async #state(): Promise<string> {
    const { redis, job } = this.#world;
    const [st] = await redis.ask([["HGET", jobKey(job), "st"]]);
    return String(st);
  }

  /** A schedule begins with a job that is accepted and planned. */
  async #submit(): Promise<void> {
    const { objects, job, redis, site, frames } = this.#world;
    const ledger = createLedger(redis.client, site);
    const queues = { add: async () => {} } as unknown as TaskQueues;
    const jobs = createJobs({ redis: redis.client, site, ledger, queues, objects, frames });
    await jobs.submit(this.#world.accepted());
    const epoch = this.#world.token();
    const plan = this.#world.draw();
    await putPlan(objects, job, epoch, { ...plan, ...(await this.#adopted(epoch, plan)) });
    const planned = await ledger.plan(job, epoch, this.#world.planOptions(plan));
    for (const due of planned.due ?? []) this.#world.add(dueMessage(job, epoch, due));
  }

  /** An earlier run left some results. */
  async #adopted(epoch: string, plan: Plan): Promise<{ readonly adopts?: true }> {
    const { random, scenario, objects, job } = this.#world;
    if (!scenario.adopts) return {};
    for (const segment of plan.segments.keys()) {
      const batches: InferredBatch[] = [];
      let isWhole = true;
      for (const [batch, frames] of this.#world.batchesOf(plan, segment).entries()) {
        const isBad = [scenario.poison, scenario.broken].some((frame) => frames.includes(frame!));
        const drawn = isBad ? [] : drawAdopted(random, frames.length);
        isWhole &&= drawn.length > 0 && drawn.every(({ known }) => known);
        if (drawn.length === 0) continue;
        const ranges: InferredBatch["ranges"] = [];
        for (const { f, t, known } of drawn) {
          if (known) ranges.push({ f, t, ref: await this.#infer(epoch, frames.slice(f, t)) });
          else ranges.push({ f, t });
        }
        batches.push({ k: batchKey({ segment, batch }), frames: frames.length, ranges });
      }
      const adopted = { v: 1, whole: isWhole, batches };
      await putSealed(objects, objectKeys.adopted(job, epoch, segment), adopted);
    }
    return { adopts: true };
  }

  #infer(epoch: string, frames: readonly number[]): Promise<string> {
    const { objects, job, scenario } = this.#world;
    const result = {
      v: 1,
      pts: frames,
      frames: frames.map((frame) => [[frame, scenario.enhance ? 1 : 0, 1, 1, 1, 0]]),
    };
    return putIntermediate(objects, job, epoch, "infer", JSON.stringify(result));
  }

  async #faulty(): Promise<void> {
    const { random, scenario, tasks } = this.#world;
    const dice = random.next();
    const mayDie = this.#running.filter(
      // A zombie's task is another's already: nobody would mend what it left.
      ({ zombie, task }) => !zombie && task !== undefined && !(this.#isExact && isCounted(task)),
    );
    if (dice < 0.04 && scenario.crashes && mayDie.length > 0) {
      this.#crash(random.pick(mayDie));
    } else if (dice < 0.055 && scenario.zombies && mayDie.length > 0) {
      const running = random.pick(mayDie);
      running.zombie = true;
      running.task!.waiting = true;
      this.story.push(`stall ${running.name}`);
    } else if (dice < 0.07 && scenario.zombies && tasks.size > 0) {
      const { message, id } = random.pick([...tasks.values()]);
      this.#world.add(message, `${id}-double-${this.#doubles++}`);
      this.story.push(`double ${id}`);
    } else if (dice < 0.09 && scenario.losses) {
      await this.#losePixels();
    } else if (dice < 0.1 && scenario.damages) {
      this.#damage();
    } else if (dice < 0.11 && scenario.forgetful && tasks.size > 0) {
      this.#forget(random.pick([...tasks.values()]));
    } else if (dice < 0.12 && scenario.travel && this.#past.length > 0) {
      await this.#travel(random.pick(this.#past));
    } else if (dice < 0.135 && scenario.pauses) {
      this.#paused = !this.#paused;
      this.#begin("client", request(this.#world, this.#paused ? "pause" : "resume"));
    } else if (dice < 0.14 && scenario.cancel) {
      this.#begin("client", request(this.#world, "cancel"));
    } else if (dice < 0.145 && scenario.retries) {
      this.#begin("client", request(this.#world, "retry"));
    } else if (dice < 0.16 && scenario.stops && this.#running.length > 0) {
      this.#stop(random.pick(this.#running));
    } else if (dice < 0.17) {
      await this.#watch();
    } else if (dice < 0.2 && scenario.reconciler) {
      const reconciler = random.pick(RECONCILERS);
      if (random.chance(0.1)) this.#killReconciler(reconciler);
      this.#startReconciler(reconciler);
    } else if (dice < 0.22) {
      this.#findStalled(() => random.chance(0.5));
    } else if (dice < 0.36 && tasks.size > 0) {
      this.#start(random.pick([...tasks.values()]));
    } else if (this.#running.length > 0) {
      const awake = this.#running.filter(({ naps }) => naps <= this.story.length);
      const running = random.pick(awake.length > 0 ? awake : this.#running);
      if (random.chance(0.08)) running.naps = this.story.length + random.int(5, 60);
      else await this.#step(running);
    }
  }

  /** Whether every attempt counts: random deaths would add up to a gap where no frame is at fault. */
  get #isExact(): boolean {
    const { poison, broken } = this.#world.scenario;
    return poison !== undefined || broken !== undefined;
  }

  #begin(name: string, actor: Actor): void {
    this.#running.push({ actor, name, zombie: false, naps: 0 });
  }

  #startReconciler(name: string): void {
    if (this.#running.some((running) => running.name === name)) return;
    const memory = this.#reconcilers.get(name) ?? newPassMemory({ zombieMs: -Infinity });
    this.#reconcilers.set(name, memory);
    this.#begin(name, reconcilerPass(this.#world, memory));
  }

  #killReconciler(name: string): void {
    this.#running = this.#running.filter((running) => running.name !== name);
    this.#reconcilers.delete(name);
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
    const hands: Hands = {
      stopping: new AbortController(),
      unwanted: new AbortController(),
      isLate: () => running.zombie,
    };
    const running: Running = {
      actor: delivery(this.#world, { ...task }, hands, (outcome) => this.#settle(running, outcome)),
      task,
      name: task.id,
      hands,
      zombie: false,
      naps: 0,
    };
    this.#running.push(running);
  }

  /** What becomes of a task, as the runner tells its queue. */
  #settle({ task, zombie, name }: Running, outcome: string): void {
    this.story.push(`${name}: ${outcome}`);
    if (zombie || task === undefined) return;
    if (outcome === "retry") task.failures++;
    if (outcome === "retry" || outcome === "waits" || outcome === "handed-back") {
      task.waiting = true;
    } else this.#world.tasks.delete(task.id);
  }

  async #step(running: Running): Promise<void> {
    const { actor, zombie, name } = running;
    const said = await actor.step((count) => this.#world.random.int(0, count - 1));
    this.#world.now++;
    if (said === DIE) {
      this.#crash(running);
      return;
    }
    this.story.push(`${zombie ? "zombie " : ""}${name}: ${said}`);
    if (actor.isOver) this.#running = this.#running.filter((other) => other !== running);
    // Neither a queued task nor a refusal changes what the invariants speak of.
    const changes = /^(ledger|frames)\.(?!read|due|inspect|get|list)/.test(said);
    if (changes && !said.endsWith(" wait")) await this.#invariants.check();
    if (/^(ledger|redis|queues)/.test(said)) this.#remember();
  }

  /** The process is gone; its task is found stalled some time later. */
  #crash(running: Running): void {
    this.#running = this.#running.filter((other) => other !== running);
    this.story.push(`crash ${running.name}`);
  }

  #stop({ hands, name }: Running): void {
    if (hands === undefined) return;
    hands.stopping.abort(new ProblemError("shutting-down", "The service is stopping."));
    this.story.push(`stop ${name}`);
  }

  /** Processes look whether what they do is still wanted. */
  async #watch(): Promise<void> {
    const { redis, job } = this.#world;
    const [found] = (await redis.ask([["HMGET", jobKey(job), "st", "ep"]])) as [string[]];
    const [st, ep] = found;
    for (const { task, hands, name } of this.#running) {
      if (task === undefined) continue;
      const { message } = task;
      const isOver = st === "cancelling" || isTerminal(st as JobState);
      if (!isOver && (!("epoch" in message) || message.epoch === ep)) continue;
      hands!.unwanted.abort(new NotWanted(job));
      this.story.push(`tell ${name} that it is not wanted`);
    }
  }

  async #losePixels(): Promise<void> {
    const { frames, random } = this.#world;
    const keys = await Array.fromAsync(frames.list());
    if (keys.length === 0) return;
    const key = random.pick(keys);
    await frames.delete(key);
    this.story.push(`lose ${key}`);
  }

  /** What a step left for others is gone, or is not what it left. */
  #damage(): void {
    const { objects, random, scenario } = this.#world;
    const keys = this.#world
      .workObjects()
      // Without a plan no step begins, and only the reconciler sees that.
      .filter((key) => scenario.reconciler || !key.endsWith("/plan.json"));
    if (keys.length === 0) return;
    const key = random.pick(keys);
    if (random.chance(0.5)) objects.content.delete(key);
    else objects.content.set(key, Buffer.from("{}"));
    this.story.push(`damage ${key}`);
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
    const { job, frames, redis, site } = this.#world;
    const keys = [...ledgerKeys(job).slice(1), `fq:{${site}}:grants`];
    const [kept] = (await redis.ask([["EXISTS", ...keys]])) as [number];
    if (kept > 0 || (await Array.fromAsync(frames.list())).length > 0) return false;
    // What a retry can use stays.
    return this.#world.isHopeless || this.#world.workObjects().length === 0;
  }

  async #checkEnd(): Promise<void> {
    const { job, site, redis, scenario, objects } = this.#world;
    const st = await this.#state();
    if (this.#isCancelled) assert.equal(st, "cancelled");
    else if (this.#world.isHopeless) assert.equal(st, "failed");
    else {
      assert.equal(st, "succeeded");
      const record = (await createLedger(redis.client, site).read(job))!;
      const key = objectKeys.result(job, Number(record["run"] ?? 1));
      const { artifacts } = jobResultSchema.parse(await getSealed(objects, key));
      const steps = [
        "index",
        ...(scenario.views ? ["cut", "look"] : []),
        ...(scenario.render ? ["render"] : []),
      ];
      assert.deepEqual(Object.keys(artifacts).toSorted(), steps.toSorted());
      const rows = this.#world.expectedRows();
      for (const step of steps) {
        const body = objects.content.get(artifacts[step]!.key);
        assert.deepEqual(JSON.parse(String(body)), { rows }, step);
      }
    }
    await redis.ask([["DEL", jobKey(job), `fq:{${site}}:total`]]);
  }
}
