import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { playPowerCuts } from "./play.ts";

/** A minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

test(
  "jobs end right although the power goes in the middle of them, and with it what was not synced",
  LIMIT,
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "fq-power-"));
    try {
      const report = await playPowerCuts({
        ...{ folder, seed: 1, cuts: 3 },
        say: (line) => t.diagnostic(line),
      });
      assert.deepEqual(report.wrong, []);
      assert.ok(Object.values(report.losses).some((count) => count > 0));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
