import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@framequeue/synth";
import type { ChaosSystem } from "../chaos/chaos-system.ts";
import { JobBook } from "../chaos/job-book.ts";
import { type Subject, writeSubjects } from "../chaos/videos.ts";

const USERS = 10;
/** How long the last jobs may take. */
export const PATIENCE_MS = 300_000;

export type Say = (line: string) => void;

/** Videos to submit, in a folder that the API may read. */
export async function openSources(folder: string): Promise<{ path: string; subjects: Subject[] }> {
  const path = join(folder, "videos");
  await mkdir(path);
  return { path, subjects: await writeSubjects(path) };
}

/** A book that waits for nothing any more when the signal aborts. */
export function openBook(
  system: ChaosSystem,
  subjects: readonly Subject[],
  say: Say,
  signal: AbortSignal,
  excused?: readonly number[],
): JobBook {
  const book = new JobBook(system, subjects, say, excused);
  signal.addEventListener("abort", () => book.giveUp());
  if (signal.aborted) book.giveUp();
  return book;
}

/** Ten users who submit one job after the other. */
export class Users {
  readonly #book: JobBook;
  readonly #going: Promise<void>[];
  #over = false;

  constructor(book: JobBook, seed: number) {
    this.#book = book;
    this.#going = Array.from({ length: USERS }, (_, user) =>
      book.use(createRandom(seed, user), () => !this.#over),
    );
  }

  /** Until each of them has a job that runs. */
  async busy(system: ChaosSystem, signal: AbortSignal): Promise<void> {
    const decoding = async (): Promise<boolean> => {
      const ids = [...this.#book.running.keys()];
      const views = await Promise.all(ids.map((id) => system.pipeline.jobs.view(id)));
      return views.filter((view) => (view?.progress.decoded ?? 0) > 0).length >= USERS / 2;
    };
    while (this.#book.running.size < USERS || !(await decoding())) {
      await sleep(20, undefined, { signal });
    }
  }

  /** Submits nothing new, and waits until all that was submitted has ended. */
  async end(): Promise<void> {
    this.#over = true;
    const timer = setTimeout(() => this.#book.giveUp(), PATIENCE_MS);
    await Promise.all(this.#going);
    clearTimeout(timer);
    await this.#book.close();
  }
}
