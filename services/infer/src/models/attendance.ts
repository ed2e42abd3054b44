import { setTimeout as sleep } from "node:timers/promises";
import { bounded, type ModelRef } from "@framequeue/contracts";
import type { Engine } from "@framequeue/models";
import {
  keepAliased,
  keepQuarantined,
  type LoadedState,
  modelsInUse,
  type Pipeline,
  readTuning,
} from "@framequeue/pipeline";

/** The open models of a process, whatever they are for. */
export interface Sessions {
  /** Opens the model on first use; disposing gives it back. */
  borrow(model: ModelRef, tensorBatch: number): Promise<AsyncDisposable>;
  /** By sha256. */
  loaded(): ReadonlySet<string>;
  /** Closes a model that nobody has on loan. */
  drop(sha256: string): Promise<void>;
}

export interface AttendanceOptions {
  readonly pipeline: Pick<Pipeline, "roster" | "objects" | "redis" | "site" | "jobs">;
  /** Names this process. */
  readonly id: string;
  readonly engine: Pick<Engine, "numericClass" | "provider">;
  readonly sessions: Sessions;
  readonly everyMs?: number;
  /** A look at Redis that failed; the next one comes all the same. */
  readonly onError?: (error: unknown) => void;
}

/** Tells the site that this process is here, loads what it is asked for and drops what nobody will want again. */
export interface Attendance {
  /** Resolves when the site knows. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const EVERY_MS = 500;
const LEAVE_MS = 1_000;

interface Wish {
  readonly loan: Promise<AsyncDisposable>;
  state: LoadedState;
  /** It failed, and the site has heard why. */
  isTold: boolean;
}

export function createAttendance(options: AttendanceOptions): Attendance {
  const { id, engine, sessions, everyMs = EVERY_MS, onError } = options;
  const { roster, objects } = options.pipeline;
  const wishes = new Map<string, Wish>();
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  let dropping: Promise<void> | undefined;

  /** Opens the sessions that a job would ask for that begins now. */
  async function load(model: ModelRef): Promise<AsyncDisposable> {
    const tuning = await readTuning(objects, model.sha256, engine.numericClass);
    return sessions.borrow(model, tuning?.chosen.batch ?? 1);
  }

  function wish(model: ModelRef): Wish {
    const entry: Wish = { loan: load(model), state: { state: "loading" }, isTold: false };
    entry.loan.then(
      () => (entry.state = { state: "ready" }),
      (error: Error) => (entry.state = { state: "failed", detail: bounded(error.message) }),
    );
    return entry;
  }

  async function forget(sha256: string, { loan }: Wish): Promise<void> {
    wishes.delete(sha256);
    await (await loan.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  async function look(): Promise<void> {
    const { seen, warm, retired } = await roster.wishes();
    const wanted = new Set(warm.map(({ sha256 }) => sha256));
    for (const model of warm) {
      const entry = wishes.get(model.sha256);
      // One that failed was told of, and is tried again: what it failed of may be over.
      if (entry === undefined || entry.isTold) {
        wishes.set(model.sha256, wish(model));
      }
    }
    for (const [sha256, entry] of wishes) {
      // What is still loading is waited for another time.
      if (!wanted.has(sha256) && entry.state.state !== "loading") await forget(sha256, entry);
    }
    const models: Record<string, LoadedState> = Object.fromEntries(
      [...sessions.loaded()].map((sha256) => [sha256, { state: "ready" } as const]),
    );
    for (const [sha256, { state }] of wishes) models[sha256] = state;
    const failed = [...wishes.values()].filter(({ state }) => state.state === "failed");
    const { numericClass, provider } = engine;
    await roster.attend({ id, class: numericClass, provider, seen, models });
    for (const entry of failed) entry.isTold = true;
    // Not waited for: a session ends when its last run does, and meanwhile the site must hear of this process.
    dropping ??= dropRetired(retired, wanted)
      .catch((error: unknown) => onError?.(error))
      .finally(() => (dropping = undefined));
  }

  async function dropRetired(
    retired: ReadonlySet<string>,
    wanted: ReadonlySet<string>,
  ): Promise<void> {
    const loaded = sessions.loaded();
    const candidates = [...retired].filter((sha256) => loaded.has(sha256) && !wanted.has(sha256));
    if (candidates.length === 0) return;
    const inUse = await modelsInUse(options.pipeline);
    for (const sha256 of candidates) if (!inUse.has(sha256)) await sessions.drop(sha256);
  }

  async function keepLooking(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      await sleep(everyMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await look().catch((error: unknown) => onError?.(error));
    }
  }

  return {
    async start() {
      await keepAliased(options.pipeline);
      await keepQuarantined(options.pipeline);
      await look();
      loop = keepLooking();
    },
    async stop() {
      stopping.abort();
      const left = (async () => {
        await loop;
        await roster.leave(id);
      })().catch((error: unknown) => onError?.(error));
      // A Redis that is away is not waited for: it forgets by itself.
      await Promise.race([left, sleep(LEAVE_MS, undefined, { ref: false })]);
      await dropping;
      for (const [sha256, entry] of wishes) await forget(sha256, entry);
    },
  };
}
