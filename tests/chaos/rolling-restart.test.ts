import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@framequeue/synth";
import { startChaosSystem } from "./chaos-system.ts";
import { JobBook } from "./job-book.ts";
import { untilClean } from "./leftovers.ts";
import { ask, restartAll } from "./rolling.ts";
import { writeSubjects } from "./videos.ts";

const USERS = 6;
/** Of each video. */
const SECONDS = 4;
const PATIENCE_MS = 120_000;

/** A minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

test("a rolling restart of everything costs no job, no byte and no request", LIMIT, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "fq-rolling-"));
  try {
    const videos = join(folder, "videos");
    await mkdir(videos);
    const subjects = await writeSubjects(videos, SECONDS);
    await using system = await startChaosSystem(folder, videos, { apis: 2 });
    const story: string[] = [];
    // Nothing is full or away: no answer of 500 or above is excused.
    const book = new JobBook(system, subjects, (line) => story.push(line), []);
    await book.learn();

    let over = false;
    await using questions = ask(system, () => book.running.keys());
    const users = Array.from({ length: USERS }, (_, user) =>
      book.use(createRandom(1, user), () => !over),
    );
    while (book.running.size < USERS) await sleep(20);
    await restartAll(system);
    over = true;
    const timer = setTimeout(() => book.giveUp(), PATIENCE_MS);
    await Promise.all(users);
    clearTimeout(timer);
    await book.close();
    const { faults, answers } = await questions.stop();
    t.diagnostic(`${book.jobs} jobs, ${answers} answers`);
    assert.deepEqual(book.wrong, [], story.join("\n"));
    assert.deepEqual(faults, []);
    assert.ok(answers > 0);
    assert.deepEqual(await untilClean(system, PATIENCE_MS), []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
