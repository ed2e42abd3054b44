import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ChaosSystem, startChaosSystem } from "./chaos-system.ts";
import { Deck } from "./deck.ts";
import { endFaults, type Fault, FAULTS, type Scene } from "./faults/index.ts";
import { JobBook } from "./job-book.ts";
import { processesOf, untilClean } from "./leftovers.ts";
import { createRandom, type Random } from "@framequeue/synth";
import { writeSubjects } from "./videos.ts";

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
  /** Ends it early: no more faults, and no patience with what runs. */
  readonly signal?: AbortSignal;
}

export interface ChaosReport {
  /** What each kind of fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly jobs: number;
  /** From the first fault until everything had ended and was cleared away. */
  readonly seconds: number;
  /** Answers and results that are not as they should be, and jobs that never ended. */
  readonly wrong: readonly string[];
  /** What was left when every job had ended, and when every service had. */
  readonly leftovers: readonly string[];
}

/** Jobs that run at once; each user draws from a stream of the seed of its own. */
const USERS = 4;
const FAULT_STREAM = 0;
const MEAN_PAUSE_MS = 2_000;
/** After the last fault every job must end within this time, and everything be gone within as much again. */
const PATIENCE_MS = 180_000;

/** Breaks a running system for a while, and says what came of the jobs that ran on it. */
export async function playChaos(options: ChaosOptions): Promise<ChaosReport> {
  const videos = join(options.folder, "videos");
  await mkdir(videos);
  const subjects = await writeSubjects(videos);
  options.signal?.throwIfAborted();
  await using system = await startChaosSystem(options.folder, videos);
  const say = (line: string): void => options.say(`${new Date().toISOString()} ${line}`);
  const book = new JobBook(system, subjects, say);
  const { signal } = options;
  signal?.addEventListener("abort", () => book.giveUp());
  if (signal?.aborted) book.giveUp();
  await book.learn();
  signal?.throwIfAborted();

  const started = performance.now();
  let over = false;
  const users = Array.from({ length: USERS }, (_, user) =>
    book.use(createRandom(options.seed, user + 1), () => !over),
  );
  const scene: Scene = {
    system,
    lastKilled: undefined,
    get jobs() {
      return new Set(book.running.keys());
    },
  };
  const faults = await rage(scene, options, say);
  over = true;
  await endFaults(scene);
  say("no more faults");
  const timer = setTimeout(() => book.giveUp(), PATIENCE_MS);
  await Promise.allSettled(users);
  await book.followStrays();
  clearTimeout(timer);
  await book.close();
  const patienceMs = book.wrong.length > 0 ? 10_000 : PATIENCE_MS;
  const leftovers = await untilClean(system, signal?.aborted ? 0 : patienceMs);
  const seconds = Math.round((performance.now() - started) / 1_000);
  leftovers.push(...(await afterStop(system)));
  return { faults, jobs: book.jobs, seconds, wrong: book.wrong, leftovers };
}

/** Faults one after the other. */
async function rage(
  scene: Scene,
  options: ChaosOptions,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  const { seconds, meanPauseMs = MEAN_PAUSE_MS } = options;
  const random = createRandom(options.seed, FAULT_STREAM);
  const deck = new Deck(options.faults ?? FAULTS, random);
  const counts: Record<string, number> = {};
  const over = performance.now() + seconds * 1_000;
  const isOver = (): boolean => performance.now() > over || options.signal?.aborted === true;
  while (!isOver()) {
    // Told to end while it waits: the loop looks.
    await sleep(meanPauseMs * (0.5 + random.next()), undefined, {
      ...(options.signal && { signal: options.signal }),
    }).catch(() => {});
    if (options.signal?.aborted) break;
    await injectOne(scene, deck, random, counts, say);
  }
  return counts;
}

async function injectOne(
  scene: Scene,
  deck: Deck<Fault>,
  random: Random,
  counts: Record<string, number>,
  say: (line: string) => void,
): Promise<void> {
  const fault = deck.deal();
  const done = await fault.inject(scene, random);
  if (done === undefined) {
    deck.takeBack(fault);
    return;
  }
  counts[fault.name] = (counts[fault.name] ?? 0) + done.count;
  say(done.text);
}

/** Processes and temporary files that a system in good order takes with it. */
async function afterStop(system: ChaosSystem): Promise<string[]> {
  await system.stop();
  return (await processesOf(system)).map((process) => `process ${process}`);
}
