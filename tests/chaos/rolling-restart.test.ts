import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@framequeue/synth";
import { type ChaosSystem, startChaosSystem } from "./chaos-system.ts";
import { JobBook } from "./job-book.ts";
import { untilClean } from "./leftovers.ts";
import { writeSubjects } from "./videos.ts";

const USERS = 10;
const PATIENCE_MS = 120_000;

/** Stops one process as an orchestrator does, and waits for its successor. */
async function restart(system: ChaosSystem, name: string): Promise<void> {
  const pid = system.pids()[name]!;
  process.kill(pid, "SIGTERM");
  while (system.pids()[name] === pid || !system.ready().includes(name)) await sleep(20);
}

/** As a cluster does it: all services at once, of each one process after the other. */
function roundsOf(names: readonly string[]): string[][] {
  return [...Map.groupBy(names, (name) => name.slice(name.lastIndexOf("-"))).values()];
}

/**
 * Asks after jobs again and again at the processes of the API that are ready, as a load balancer chooses them, and the
 * other one where a connection breaks. Answers every status of 500 and above.
 */
async function ask(system: ChaosSystem, jobs: () => Iterable<string>, over: AbortSignal) {
  const faults: string[] = [];
  let answers = 0;
  while (!over.aborted) {
    const ready = system.apiUrls.filter((_, i) => system.ready().includes(`api-${i + 1}`));
    for (const job of jobs()) {
      for (const url of ready) {
        const answer = await fetch(`${url}/v1/jobs/${job}`).catch(() => undefined);
        if (answer === undefined) continue;
        await answer.arrayBuffer();
        answers++;
        if (answer.status >= 500) faults.push(`${answer.status} from ${url}`);
        break;
      }
    }
    await sleep(5);
  }
  return { faults, answers };
}

/** Half a minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

test("a rolling restart of everything costs no job, no byte and no request", LIMIT, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "fq-rolling-"));
  try {
    const videos = join(folder, "videos");
    await mkdir(videos);
    const subjects = await writeSubjects(videos);
    await using system = await startChaosSystem(folder, videos, { apis: 2 });
    const story: string[] = [];
    // Nothing is full or away: no answer of 500 or above is excused.
    const book = new JobBook(system, subjects, (line) => story.push(line), []);
    await book.learn();

    let over = false;
    const asked = new AbortController();
    const answered = ask(system, () => book.running.keys(), asked.signal);
    const users = Array.from({ length: USERS }, (_, user) =>
      book.use(createRandom(1, user), () => !over),
    );
    while (book.running.size < USERS) await sleep(20);
    for (const round of roundsOf(system.names)) {
      await Promise.all(round.map((name) => restart(system, name)));
    }
    over = true;
    const timer = setTimeout(() => book.giveUp(), PATIENCE_MS);
    await Promise.all(users);
    clearTimeout(timer);
    await book.close();
    asked.abort();
    const { faults, answers } = await answered;
    t.diagnostic(`${book.jobs} jobs, ${answers} answers`);
    assert.deepEqual(book.wrong, [], story.join("\n"));
    assert.deepEqual(faults, []);
    assert.ok(answers > 0);
    assert.deepEqual(await untilClean(system, PATIENCE_MS), []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
