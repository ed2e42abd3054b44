import assert from "node:assert/strict";
import { newToken, type Stage } from "@framequeue/contracts";
import { ledgerKeys } from "../keys.ts";
import { createLedger, type Ledger } from "../ledger.ts";
import type { RedisClient } from "../redis.ts";
import { queueOf } from "../task-queues.ts";
import { Random } from "./random.ts";
import { type Actor, deliver, DIE } from "./schedule-actors.ts";
import { Invariants } from "./schedule-invariants.ts";
import { type Scenario, World, type WorldTask } from "./schedule-world.ts";

/** Tasks of a queue that run at once. */
const SLOTS: Readonly<Record<Stage, number>> = {
  ingest: 0,
  decode: 2,
  enhance: 2,
  infer: 2,
  track: 2,
  index: 1,
  render: 1,
};
/** Steps after which a fair run counts as hung. */
const PATIENCE = 5_000;

interface Running {
  readonly actor: Actor;
  readonly task: WorldTask;
  /** The task was given to another, who may or may not have begun. */
  zombie: boolean;
}

function drawScenario(random: Random): Scenario {
  const segments = Array.from({ length: random.int(1, 4) }, () =>
    Array.from({ length: random.int(0, 3) }, () => random.int(1, 4)),
  );
  const frames = segments.flat().reduce((sum, count) => sum + count, 0);
  const liar = random.int(0, segments.length * 4);
  const lies = (segments[liar]?.length ?? 0) > 0;
  const poisoned = !lies && frames > 0 && random.chance(0.2);
  const zombies = !poisoned && random.chance(0.4);
  const losses = random.chance(0.4);
  const window = random.int(1, 4);
  const openSegments = random.int(1, 3);
  return {
    segments,
    window,
    openSegments,
    // Random deaths must not add up to a gap where no frame is at fault.
    attempts: poisoned ? 2 : 50,
    enhance: random.chance(0.25),
    render: random.chance(0.25),
    // Zombies and double faults leave grants to the reconciler, which is not here.
    budget: zombies || losses || lies ? 1_000 : random.int(Math.min(window, openSegments), window),
    zombies,
    losses,
    lostAnswers: random.chance(0.3) ? 0.1 : 0,
    ...(lies ? { liar } : {}),
    ...(poisoned ? { poison: random.int(0, frames - 1) } : {}),
  };
}

/**
 * Plays one job with faults drawn from `seed`, then without, and asserts what must hold after every step and at the
 * end. There is no reconciler: what a crash leaves undone, the redelivery of its task must do.
 */
export async function playSchedule(redis: RedisClient, seed: number): Promise<void> {
  const random = new Random(seed);
  const scenario = drawScenario(random);
  const site = newToken();
  const schedule = new Schedule(
    redis,
    site,
    new World(createLedger(redis, site), scenario, random),
  );
  try {
    await schedule.play();
  } catch (error) {
    // Waiting in circles is told once.
    const steps = schedule.story.filter((step, i, story) => step !== story[i - 1]);
    const story = [`seed ${seed}`, JSON.stringify(scenario), ...steps.slice(-80)];
    throw new Error(story.join("\n"), { cause: error });
  }
}

/** Whether the ledger counts attempts of this task. */
function isCounted({ message }: WorldTask): boolean {
  return message.stage === "decode" || message.stage === "enhance" || message.stage === "infer";
}

class Schedule {
  readonly story: string[] = [];
  readonly #redis: RedisClient;
  readonly #site: string;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #invariants: Invariants;
  #running: Running[] = [];
  #doubles = 0;

  constructor(redis: RedisClient, site: string, world: World) {
    this.#redis = redis;
    this.#site = site;
    this.#world = world;
    this.#ledger = createLedger(redis, site);
    this.#invariants = new Invariants(redis, site, world);
  }

  async play(): Promise<void> {
    await this.#plan();
    for (let left = this.#world.random.int(20, 160); left > 0 && !this.#over; left--) {
      await this.#faulty();
    }
    // Faults are over: everybody in turn.
    for (let steps = 0; !this.#over;) {
      for (const task of [...this.#world.tasks.values()]) this.#start(task);
      for (const running of [...this.#running]) {
        await this.#step(running);
        assert.ok(++steps < PATIENCE, "hangs");
      }
    }
    await this.#checkEnd();
  }

  get #over(): boolean {
    return this.#world.tasks.size === 0 && this.#running.length === 0;
  }

  async #plan(): Promise<void> {
    const { job, scenario, plans } = this.#world;
    let frame = 0;
    const segments = scenario.segments.map((batches) =>
      batches.map((frames) => Array.from({ length: frames }, () => frame++)),
    );
    const epoch = newToken();
    plans.set(epoch, { mode: "parallel", segments });
    await this.#ledger.accept(job, "2026-01-01T00:00:00Z");
    const planned = await this.#ledger.plan(job, epoch, {
      mode: "parallel",
      segments: segments.length,
      window: scenario.window,
      openSegments: scenario.openSegments,
      attempts: scenario.attempts,
      enhance: scenario.enhance,
      render: scenario.render,
      total: frame,
    });
    for (const step of this.#world.enqueue(epoch, planned.due)) this.story.push(step);
  }

  async #faulty(): Promise<void> {
    const { random, scenario, tasks, payloads } = this.#world;
    const dice = random.next();
    const mayDie = this.#running.filter(
      // A zombie's task is another's already: nobody would mend what it left.
      ({ zombie, task }) => !zombie && !(scenario.poison !== undefined && isCounted(task)),
    );
    if (dice < 0.07 && mayDie.length > 0) {
      this.#crash(random.pick(mayDie));
    } else if (dice < 0.1 && scenario.zombies && mayDie.length > 0) {
      const running = random.pick(mayDie);
      running.zombie = true;
      running.task.waiting = true;
      this.story.push(`stall ${running.task.id}`);
    } else if (dice < 0.13 && scenario.zombies && tasks.size > 0) {
      const { message, id } = random.pick([...tasks.values()]);
      this.#world.add(message, `${id}-double-${this.#doubles++}`);
      this.story.push(`double ${id}`);
    } else if (dice < 0.15 && scenario.losses && payloads.size > 0) {
      const key = random.pick([...payloads.keys()]);
      payloads.delete(key);
      this.story.push(`lose ${key}`);
    } else if (dice < 0.4 && tasks.size > 0) {
      this.#start(random.pick([...tasks.values()]));
    } else if (this.#running.length > 0) {
      await this.#step(random.pick(this.#running));
    }
  }

  #start(task: WorldTask): void {
    const queue = queueOf(task.message.stage);
    const busy = this.#running.filter(
      (running) => !running.zombie && queueOf(running.task.message.stage) === queue,
    );
    if (!task.waiting || busy.length >= SLOTS[queue]) return;
    task.waiting = false;
    task.started++;
    this.story.push(`start ${task.id} for the ${task.started}. time`);
    this.#running.push({ actor: deliver(this.#world, task), task, zombie: false });
  }

  async #step(running: Running): Promise<void> {
    const { actor, task, zombie } = running;
    const { done, value } = await actor.next();
    if (value === DIE) {
      this.#crash(running);
      return;
    }
    if (done) {
      this.#running = this.#running.filter((other) => other !== running);
      if (!zombie) this.#world.tasks.delete(task.id);
    }
    this.story.push(`${zombie ? "zombie " : ""}${task.id}: ${done ? "done" : value}`);
    // Neither a queued task nor a refusal changes what the invariants speak of.
    if (value === undefined || !/^add |wait$/.test(value)) await this.#invariants.check();
  }

  #crash(running: Running): void {
    this.#running = this.#running.filter((other) => other !== running);
    if (!running.zombie) running.task.waiting = true;
    this.story.push(`crash ${running.task.id}`);
  }

  async #checkEnd(): Promise<void> {
    const { job, payloads, plans, scenario } = this.#world;
    const record = (await this.#ledger.read(job))!;
    assert.equal(record["st"], "succeeded");
    assert.deepEqual(this.#world.get(record["index"]!), this.#world.expectedRows());
    if (scenario.render) {
      assert.deepEqual(this.#world.get(record["render"]!), this.#world.expectedRows());
    }
    assert.deepEqual([...payloads.keys(), ...plans.keys()], [], "stores are empty");
    assert.equal(await this.#redis.exists(...ledgerKeys(job).slice(1)), 0, "only the record stays");
    assert.equal(await this.#redis.exists(`fq:{${this.#site}}:grants`), 0, "no grant stays");
  }
}
