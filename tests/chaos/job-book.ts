import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, type JobId } from "@framequeue/contracts";
import type { ChaosSystem } from "./chaos-system.ts";
import { COME_AGAIN, submit } from "./client.ts";
import { describeJob } from "./describe-job.ts";
import type { Random } from "@framequeue/synth";
import { type Subject, subjectOf } from "./videos.ts";

const POLL_MS = 100;
const NAMES = ["frames.jsonl", "tracks.jsonl", "mot.txt"] as const;

/** Jobs as their users see them: submitted over HTTP, awaited, and held against what is right. */
export class JobBook {
  readonly running = new Map<JobId, Subject>();
  /** Answers and results that are not as they should be, and jobs that never ended. */
  readonly wrong: string[] = [];
  readonly #system: ChaosSystem;
  readonly #subjects: readonly Subject[];
  readonly #say: (line: string) => void;
  /** What each subject's undisturbed job left. */
  readonly #right = new Map<string, string>();
  readonly #known = new Set<JobId>();
  readonly #patience = new AbortController();

  readonly #excused: readonly number[];

  /** `excused`: statuses with which the API may send a user away. */
  constructor(
    system: ChaosSystem,
    subjects: readonly Subject[],
    say: (line: string) => void,
    excused: readonly number[] = COME_AGAIN,
  ) {
    this.#system = system;
    this.#subjects = subjects;
    this.#say = say;
    this.#excused = excused;
  }

  get jobs(): number {
    return this.#known.size - this.#subjects.length;
  }

  /** Every subject once, undisturbed. */
  async learn(): Promise<void> {
    const learnt = this.#subjects.map(async (subject) => {
      const outcome = await this.#untilEnded(await this.#submit(subject, {}));
      this.#right.set(subject.name, outcome ?? "nothing");
      this.#say(`undisturbed ${subject.name}: ${outcome}`);
    });
    await Promise.all(learnt);
  }

  /** A user who submits one job after the other, as long as it goes on. */
  async use(random: Random, isGoingOn: () => boolean): Promise<void> {
    while (isGoingOn() && !this.#patience.signal.aborted) {
      const subject = random.pick(this.#subjects);
      const id = await this.#submit(subject, {
        render: random.chance(0.2),
        priority: random.integer(1, 9),
        execution: {
          batchFrames: random.pick([3, 8, 16]),
          segmentSeconds: random.pick([0, 1, 2]),
        },
      });
      await this.#follow(id, subject);
    }
  }

  /** Jobs that were taken in although their users never heard of it must end right, too. */
  async followStrays(): Promise<void> {
    const { objects, jobs } = this.#system.pipeline;
    const ids = new Set<JobId>();
    for await (const key of objects.list("jobs")) ids.add(key.split("/")[1] as JobId);
    const strays = [...ids].filter((id) => !this.#known.has(id));
    await Promise.all(
      strays.map(async (id) => {
        const accepted = await jobs.accepted(id);
        if (accepted === undefined) return; // withdrawn at this moment
        this.#known.add(id);
        this.#say(`${id} was taken in unheard`);
        await this.#follow(id, subjectOf(accepted, this.#subjects));
      }),
    );
  }

  /** Waits no longer for what still runs. */
  giveUp(): void {
    this.#patience.abort();
  }

  /** Notes the jobs that were given up. */
  async close(): Promise<void> {
    for (const [id, { name }] of this.running) {
      const about = await describeJob(this.#system, id);
      this.wrong.push(`${id} (${name}) did not end:\n${about}`);
    }
  }

  async #submit(subject: Subject, more: object): Promise<JobId> {
    const { apiUrls, model } = this.#system;
    const submission = {
      ...{ subject, more, excused: this.#excused },
      model: `${model.name}@${model.version}`,
    };
    const id = await submit(apiUrls, submission, this.#patience.signal, (answer) => {
      this.#say(answer);
      this.wrong.push(answer);
    });
    this.#known.add(id);
    return id;
  }

  async #follow(id: JobId, subject: Subject): Promise<void> {
    this.running.set(id, subject);
    const outcome = await this.#untilEnded(id);
    if (outcome === undefined) return;
    this.running.delete(id);
    const right = this.#right.get(subject.name)!;
    this.#say(`${id} ${subject.name}: ${outcome === right ? "right" : outcome}`);
    if (outcome !== right) {
      this.wrong.push(`${id} (${subject.name})\n  is  ${outcome}\n  not ${right}`);
    }
  }

  /** Undefined where it takes too long. */
  async #untilEnded(id: JobId): Promise<string | undefined> {
    while (!this.#patience.signal.aborted) {
      // Redis may be loading, full or gone at any moment.
      const outcome = await this.#outcome(id).catch(() => undefined);
      if (outcome !== undefined) return outcome;
      await sleep(POLL_MS);
    }
    return undefined;
  }

  /** State, warnings and the hashes of everything that has one right answer, once the job has ended. */
  async #outcome(id: JobId): Promise<string | undefined> {
    const { jobs } = this.#system.pipeline;
    const view = await jobs.view(id);
    if (view === undefined || !isTerminal(view.state)) return undefined;
    const artifacts = (await jobs.result(id))?.artifacts;
    const hashes = NAMES.map((name) => artifacts?.[name]?.sha256.slice(0, 12));
    const warnings = view.warnings.map(({ code }) => code);
    return JSON.stringify([view.state, view.problem?.detail, warnings, hashes]);
  }
}
