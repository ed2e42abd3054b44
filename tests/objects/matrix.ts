import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type JobId, type JobView, newJobId, type Problem } from "@framequeue/contracts";
import { isOfKind, type ObjectKind } from "./kinds.ts";
import type { MatrixSite } from "./matrix-site.ts";
import { type Strike, STRIKES } from "./strikes.ts";

/** When an object is struck: as soon as its job has it, or is at work with it; or when the job has ended. */
export type Moment = "running" | "ended";

export interface Cell {
  readonly kind: string;
  readonly strike: Strike;
  readonly moment: Moment;
  /** What came of it, in words. */
  readonly outcome: string;
  /** A wrong result, a hang, an answer of 500, a job that nobody could make right again. */
  readonly isFault: boolean;
}

type Hashes = Readonly<Record<string, string>>;

/** What a job or an answer may say of what it needs. */
const HONEST: ReadonlySet<string> = new Set([
  ...["record-damaged", "result-damaged", "source-changed", "source-not-found"],
  ...["model-damaged", "model-not-found"],
]);

/** Strikes an object of a kind, and sees what comes of its job. */
export async function playCell(
  at: MatrixSite,
  kind: ObjectKind,
  strike: Strike,
  moment: Moment,
): Promise<Cell> {
  const cell = { kind: kind.name, strike, moment };
  try {
    const right = await undisturbed(at, kind);
    const play = moment === "running" ? strikeRunning : strikeEnded;
    return { ...cell, outcome: await play(at, kind, strike, right), isFault: false };
  } catch (error) {
    return { ...cell, outcome: String(error), isFault: true };
  }
}

/** Of each kind of job once. */
const learnt = new WeakMap<MatrixSite, Map<string, Hashes>>();

async function undisturbed(at: MatrixSite, kind: ObjectKind): Promise<Hashes> {
  const known = learnt.get(at) ?? new Map<string, Hashes>();
  learnt.set(at, known);
  const key = JSON.stringify(kind.job ?? {});
  const found = known.get(key);
  if (found !== undefined) return found;
  const job = await at.submit(kind);
  const { state } = await at.until(job, at.hasEnded);
  if (state !== "succeeded") throw new Error(`Undisturbed it has ${state}.`);
  const hashes = await at.served(job);
  known.set(key, hashes);
  return hashes;
}

/** The object that was struck, with a copy of what it was. */
class Victim {
  key: string | undefined;
  readonly #at: MatrixSite;
  readonly #strike: Strike;
  constructor(at: MatrixSite, strike: Strike) {
    this.#at = at;
    this.#strike = strike;
  }
  get #saved(): string {
    return join(this.#at.folder, "saved");
  }
  async struck(key: string): Promise<void> {
    this.key = key;
    await copyFile(this.#at.pathOf(key), this.#saved);
    await STRIKES[this.#strike](this.#at.pathOf(key));
  }
  /** One that stands there. */
  async strikeAny(kind: ObjectKind, job: JobId): Promise<void> {
    for await (const key of this.#at.objects.list("")) {
      if (isOfKind(kind, key, job)) return this.struck(key);
    }
    throw new Error("There is none to strike.");
  }
  putBack(): Promise<void> {
    return copyFile(this.#saved, this.#at.pathOf(this.key!));
  }
}

async function strikeRunning(
  at: MatrixSite,
  kind: ObjectKind,
  strike: Strike,
  right: Hashes,
): Promise<string> {
  const victim = new Victim(at, strike);
  const job = newJobId();
  let isSecondEpoch = false;
  let isAtWork = false;
  const stop = at.onPut(async (key) => {
    if (victim.key !== undefined || !key.startsWith(`jobs/${job}/`)) return;
    if (kind.ofSecondEpoch === true && !isSecondEpoch) {
      if (!key.includes("/part/")) return;
      isSecondEpoch = true;
      await STRIKES.deleted(at.pathOf(key));
    } else if (kind.fromStart !== true) {
      if (isOfKind(kind, key, job)) await victim.struck(key);
    } else if (key.includes("/infer/") && !isAtWork) {
      isAtWork = true;
      await victim.strikeAny(kind, job);
    }
  });
  try {
    await at.submit(kind, job);
    await at.until(job, (view) => at.hasEnded(view) || view.problem !== undefined);
  } finally {
    stop();
  }
  if (victim.key === undefined) throw new Error("Nothing was struck.");
  return untilRight(at, job, victim, right);
}

async function strikeEnded(
  at: MatrixSite,
  kind: ObjectKind,
  strike: Strike,
  right: Hashes,
): Promise<string> {
  const victim = new Victim(at, strike);
  const job = await at.submit(kind);
  await at.until(job, at.hasEnded);
  await victim.strikeAny(kind, job);
  return untilRight(at, job, victim, right);
}

/** What is said of the job, and what makes it right: no remedy, its own retry, or the object put back. */
async function untilRight(
  at: MatrixSite,
  job: JobId,
  victim: Victim,
  right: Hashes,
): Promise<string> {
  const said = await lookAt(at, job, right);
  if (said.length === 0) return "right";
  const dishonest = said.find((code) => !HONEST.has(code));
  if (dishonest !== undefined) throw new Error(`It says ${dishonest}.`);
  const words = [...new Set(said)].join(", ");
  for (const remedy of ["retry", "put back", "put back and retry"] as const) {
    if (remedy.startsWith("put back")) await victim.putBack();
    if (remedy.endsWith("retry")) {
      const { status } = await at.ask(`/v1/jobs/${job}/retry`, { method: "POST" });
      if (status !== 202) continue;
    }
    const isHealed = await at
      .until(job, (view) => at.hasEnded(view) || (remedy === "retry" && isStuck(view)))
      .then(() => lookAt(at, job, right));
    if (isHealed.length === 0) return `${words}; right after: ${remedy}`;
  }
  throw new Error(`${words}; and nothing makes it right.`);
}

function isStuck({ problem }: JobView): boolean {
  return problem?.code === "record-damaged";
}

/** The codes of what is said of the job and its files, of which none may be another than the right one. */
async function lookAt(at: MatrixSite, job: JobId, right: Hashes): Promise<string[]> {
  const view = await at.until(job, () => true);
  const { status, body } = await at.ask(`/v1/jobs/${job}`);
  if (status !== 200) throw new Error(`The job answers ${status}.`);
  const problem = (body as { problem?: Problem }).problem ?? view.problem;
  const served = await at.served(job);
  if (problem === undefined && isDeepStrictEqual(served, right)) {
    return view.state === "succeeded" ? [] : view.warnings.map(({ code }) => code);
  }
  const codes = Object.values(served).filter((each) => !/^[0-9a-f]{64}$/.test(each));
  const wrong = Object.entries(served).filter(
    ([name, each]) => !codes.includes(each) && each !== right[name],
  );
  if (wrong.length > 0) throw new Error(`Wrong bytes of ${wrong.map(([name]) => name).join()}.`);
  const isOnlyAbsent = codes.every((code) => code === "not-found" || code === "result-not-ready");
  return [
    ...(problem === undefined ? [] : [problem.code]),
    ...(problem !== undefined && isOnlyAbsent ? [] : codes),
  ];
}
