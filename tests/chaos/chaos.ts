import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  executionOptionsSchema,
  isTerminal,
  type JobId,
  newJobId,
  prioritySchema,
} from "@framequeue/contracts";
import { type ChaosSystem, startChaosSystem } from "./chaos-system.ts";
import { endFaults, type Fault, FAULTS } from "./faults.ts";
import { describeJob, untilClean } from "./leftovers.ts";
import { createRandom, type Random } from "./random.ts";
import { type Subject, writeSubjects } from "./videos.ts";

export interface ChaosOptions {
  readonly seed: number;
  /** So long faults are injected. */
  readonly seconds: number;
  /** A folder of its own, which the caller removes. */
  readonly folder: string;
  /** Told every fault and every job's end as it happens. */
  readonly say: (line: string) => void;
  /** Faults to choose from, instead of all. */
  readonly faults?: readonly Fault[];
  /** Mean time between two faults. */
  readonly meanPauseMs?: number;
}

export interface ChaosReport {
  /** How often each fault was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly jobs: number;
  /** Jobs whose results differ from those of an undisturbed one, that failed, or that never ended. */
  readonly wrong: readonly string[];
  /** What was left when every job had ended. */
  readonly leftovers: readonly string[];
  readonly logPath: string;
}

/** Jobs that run at once. */
const IN_FLIGHT = 4;
/** After the last fault every job must end within this time, and everything be gone within as much again. */
const PATIENCE_MS = 180_000;
const POLL_MS = 100;

interface RunningJob {
  readonly id: JobId;
  readonly subject: Subject;
}

/** Breaks a running system for a while, and says what came of the jobs that ran on it. */
export async function playChaos(options: ChaosOptions): Promise<ChaosReport> {
  await using system = await startChaosSystem(options.folder);
  const videos = join(options.folder, "videos");
  await mkdir(videos);
  const subjects = await writeSubjects(videos);
  const chaos = new Chaos(system, subjects, options);
  await chaos.learn();
  await chaos.rage();
  await chaos.end();
  return chaos.report();
}

class Chaos {
  readonly #system: ChaosSystem;
  readonly #subjects: readonly Subject[];
  readonly #options: ChaosOptions;
  readonly #random: Random;
  readonly #running = new Map<JobId, RunningJob>();
  /** What each subject's undisturbed job left. */
  readonly #right = new Map<string, string>();
  readonly #faults: Record<string, number> = {};
  readonly #wrong: string[] = [];
  #leftovers: readonly string[] = [];
  #jobs = 0;

  constructor(system: ChaosSystem, subjects: readonly Subject[], options: ChaosOptions) {
    this.#system = system;
    this.#subjects = subjects;
    this.#options = options;
    this.#random = createRandom(options.seed);
  }

  /** Every subject once, undisturbed. */
  async learn(): Promise<void> {
    for (const subject of this.#subjects) {
      const id = await this.#submit(subject, {});
      while (!(await this.#hasEnded(id))) await sleep(POLL_MS);
      const outcome = await this.#outcome(id);
      this.#right.set(subject.name, outcome);
      this.#options.say(`undisturbed ${subject.name}: ${outcome}`);
    }
  }

  /** Faults one after the other, while there are always jobs. */
  async rage(): Promise<void> {
    const { seconds, meanPauseMs = 2_000 } = this.#options;
    const over = performance.now() + seconds * 1_000;
    const jobs = this.#keepBusy(() => performance.now() < over);
    while (performance.now() < over) {
      await sleep(meanPauseMs * (0.5 + this.#random.next()));
      await this.#injectOne();
    }
    await endFaults(this.#system);
    await jobs;
  }

  async #keepBusy(isGoingOn: () => boolean): Promise<void> {
    const random = createRandom(this.#options.seed + 1_000_000);
    while (isGoingOn()) {
      while (this.#running.size < IN_FLIGHT) await this.#submitAny(random);
      await sleep(POLL_MS);
      await this.#collect();
    }
  }

  async #submitAny(random: Random): Promise<void> {
    const subject = random.pick(this.#subjects);
    const id = await this.#submit(subject, {
      render: random.chance(0.2),
      priority: prioritySchema.parse(random.int(1, 9)),
      execution: executionOptionsSchema.parse({
        batchFrames: random.pick([3, 8, 16]),
        segmentSeconds: random.pick([0, 1, 2]),
      }),
    });
    this.#running.set(id, { id, subject });
    this.#jobs++;
  }

  async #injectOne(): Promise<void> {
    const { faults = FAULTS, say } = this.#options;
    const fault = weighted(faults, this.#random);
    const ids = new Set(this.#running.keys());
    const done = await fault.inject(this.#system, this.#random, ids);
    if (done === undefined) return;
    this.#faults[fault.name] = (this.#faults[fault.name] ?? 0) + 1;
    say(`${new Date().toISOString()} ${done}`);
  }

  /** What ends after the faults, and what is left then. */
  async end(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#running.size > 0 && performance.now() < deadline) {
      await sleep(POLL_MS);
      await this.#collect();
    }
    for (const { id, subject } of this.#running.values()) {
      const about = await describeJob(this.#system, id);
      this.#wrong.push(`${id} (${subject.name}) did not end:\n${about}`);
    }
    this.#leftovers = await untilClean(this.#system, PATIENCE_MS);
    await this.#system.stop();
  }

  async #collect(): Promise<void> {
    for (const { id, subject } of [...this.#running.values()]) {
      if (!(await this.#hasEnded(id))) continue;
      this.#running.delete(id);
      const outcome = await this.#outcome(id);
      const right = this.#right.get(subject.name)!;
      const isRight = outcome === right;
      this.#options.say(
        `${new Date().toISOString()} ${id} ${subject.name}: ${isRight ? "right" : outcome}`,
      );
      if (!isRight) this.#wrong.push(`${id} (${subject.name})\n  is  ${outcome}\n  not ${right}`);
    }
  }

  async #submit(subject: Subject, more: object): Promise<JobId> {
    const id = newJobId();
    await this.#system.pipeline.jobs.submit({
      v: 1,
      id,
      acceptedAt: new Date().toISOString(),
      source: { kind: "file", path: subject.path, name: "video" },
      models: [this.#system.model],
      options: subject.options,
      execution: executionOptionsSchema.parse({}),
      render: false,
      ...more,
    });
    return id;
  }

  async #hasEnded(id: JobId): Promise<boolean> {
    try {
      const view = await this.#system.pipeline.jobs.view(id);
      return view !== undefined && isTerminal(view.state);
    } catch {
      return false; // Redis is loading, full or gone
    }
  }

  /** State, warnings and the hashes of everything that has one right answer. */
  async #outcome(id: JobId): Promise<string> {
    const { jobs } = this.#system.pipeline;
    const view = await jobs.view(id);
    const result = await jobs.result(id);
    const hashes = ["frames.jsonl", "tracks.jsonl", "mot.txt"].map((name) =>
      result?.artifacts[name as "mot.txt"]?.sha256.slice(0, 12),
    );
    const warnings = (view?.warnings ?? []).map(({ code }) => code);
    return JSON.stringify([view?.state, view?.problem?.detail, warnings, hashes]);
  }

  report(): ChaosReport {
    return {
      faults: this.#faults,
      jobs: this.#jobs,
      wrong: this.#wrong,
      leftovers: this.#leftovers,
      logPath: this.#system.logPath,
    };
  }
}

function weighted(faults: readonly Fault[], random: Random): Fault {
  let at = random.next() * faults.reduce((sum, { weight }) => sum + weight, 0);
  return faults.find(({ weight }) => (at -= weight) < 0) ?? faults[0]!;
}
