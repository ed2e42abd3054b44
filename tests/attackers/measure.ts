import { availableParallelism, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { AttackedSite } from "./attacked-site.ts";
import type { Attack, RunningAttack } from "./attack.ts";
import type { JobTime, NormalJob } from "./normal-job.ts";

/** What a normal job beside attackers may take of its time alone, and one when they are refused. */
export const BOUNDS = { beside: 3, after: 1.5 } as const;

/** How a normal job fared with one kind of attackers. Times in seconds. */
export interface Row {
  readonly attack: Attack;
  /** The machine's, when they began. */
  readonly load: number;
  /** Their deadline. */
  readonly within: number;
  readonly alone: number;
  readonly beside: number;
  /** Until the last attacker was refused; undefined where one was not by the deadline. */
  readonly refused: number | undefined;
  readonly after: number;
  /** The machine's load, when that began. */
  readonly loadAfter: number;
  /** What the last is held against: the newest job alone. */
  readonly aloneBefore: number;
  readonly isSame: boolean;
  /** What is beyond its bound, and what came of attackers that were not refused. */
  readonly faults: readonly string[];
}

export interface MeasureOptions {
  /** How often the job runs alone before each kind, and after it; the median counts. */
  readonly times: number;
  readonly signal: AbortSignal;
  readonly onRow: (row: Row) => void;
}

/** Plays the attacks one after the other; those that last are begun first, and their end is waited for last. */
export async function measure(
  site: AttackedSite,
  job: NormalJob,
  attacks: readonly Attack[],
  { times, signal, onRow }: MeasureOptions,
): Promise<Row[]> {
  const rows: Row[] = [];
  const lasting: (() => Promise<Row>)[] = [];
  let newest: JobTime | undefined;
  const add = (row: Row): void => {
    rows.push(row);
    onRow(row);
  };
  for (const attack of attacks.toSorted((a, b) => Number(!a.lasts) - Number(!b.lasts))) {
    signal.throwIfAborted();
    const alone = await medianOf(job, times);
    newest = alone;
    const end = await playBeside(site, job, attack, { alone, times });
    const finish = (): Promise<Row> => end(newest!);
    if (attack.lasts) lasting.push(finish);
    else add(await finish());
  }
  for (const finish of lasting) add(await finish());
  return rows;
}

/** Lets them loose beside a job; what is answered waits until they are refused, and measures once more. */
async function playBeside(
  site: AttackedSite,
  job: NormalJob,
  attack: Attack,
  { alone, times }: { readonly alone: JobTime; readonly times: number },
): Promise<(newest: JobTime) => Promise<Row>> {
  const running = await attack.begin(site);
  const load = loadavg()[0]!;
  const { deadlineSeconds, processorSeconds = 0 } = attack;
  const within = deadlineSeconds + processorSeconds * Math.max(1, load / availableParallelism());
  const outcome = refusalOf(running, within);
  const beside = await job.run(running.meet);
  return async (newest) => {
    const { refused, faults } = await outcome;
    await running.stop().catch((error: unknown) => faults.push(messageOf(error)));
    const loadAfter = loadavg()[0]!;
    const after = await medianOf(job, times);
    const isSame = [beside, after, newest].every(({ sha256 }) => sha256 === alone.sha256);
    const besideRatio = beside.seconds / alone.seconds;
    const afterRatio = after.seconds / newest.seconds;
    if (besideRatio > BOUNDS.beside) faults.push(`more than ${BOUNDS.beside} times beside them`);
    if (afterRatio > BOUNDS.after) faults.push(`more than ${BOUNDS.after} times after them`);
    if (!isSame) faults.push("other results");
    return {
      ...{ attack, load, within, refused, isSame, faults },
      ...{ alone: alone.seconds, beside: beside.seconds },
      ...{ loadAfter, after: after.seconds, aloneBefore: newest.seconds },
    };
  };
}

async function refusalOf(
  { refused }: RunningAttack,
  deadlineSeconds: number,
): Promise<{ refused: number | undefined; faults: string[] }> {
  const began = performance.now();
  const over = new AbortController();
  const late = sleep(deadlineSeconds * 1_000, "late" as const, { signal: over.signal });
  late.catch(() => {});
  const came = await Promise.race([refused, late]).catch(messageOf);
  over.abort();
  if (came === undefined) return { refused: (performance.now() - began) / 1_000, faults: [] };
  return {
    refused: undefined,
    faults: [came === "late" ? `not refused within ${deadlineSeconds.toFixed(0)} s` : came],
  };
}

async function medianOf(job: NormalJob, times: number): Promise<JobTime> {
  const runs: JobTime[] = [];
  for (let i = 0; i < times; i++) runs.push(await job.run());
  const sorted = runs.toSorted((a, b) => a.seconds - b.seconds);
  return sorted[(sorted.length - 1) >> 1]!;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
