import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { playChaos } from "./chaos.ts";

const SEED = 1;

/** The short form of `npm run chaos`. */
test(`a broken system gives the results of a whole one, and leaves nothing (seed ${SEED})`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "fq-chaos-"));
  const story: string[] = [];
  try {
    const { faults, jobs, wrong, leftovers } = await playChaos({
      seed: SEED,
      seconds: 25,
      folder,
      say: (line) => story.push(line),
      meanPauseMs: 1_000,
    });
    t.diagnostic(JSON.stringify({ jobs, ...faults }));
    assert.deepEqual([wrong, leftovers], [[], []], story.join("\n"));
    assert.ok((faults["kills"] ?? 0) > 0);
    assert.ok(jobs > 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
