import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { playChaos } from "./chaos.ts";
import { isFlawless, summaryText } from "./summary.ts";

const SEED = 1;
const SECONDS = 20;
const MOST_LOG = 200_000;
/** A minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

/** The short form of `npm run chaos`. */
test(
  `a broken system gives the results of a whole one, and leaves nothing (seed ${SEED})`,
  LIMIT,
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "fq-chaos-"));
    const story: string[] = [];
    try {
      const report = await playChaos({
        seed: SEED,
        seconds: SECONDS,
        folder,
        say: (line) => story.push(line),
        meanPauseMs: 800,
      });
      t.diagnostic(JSON.stringify(report.faults));
      if (!isFlawless(report)) {
        // The folder does not outlive the test.
        const log = await readFile(join(folder, "services.log"), "utf8");
        assert.fail([summaryText(report), ...story, log.slice(-MOST_LOG)].join("\n"));
      }
      assert.ok((report.faults["kills"] ?? 0) > 0);
      assert.ok(report.jobs > 0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
