import assert from "node:assert/strict";
import { test } from "node:test";
import { CASES } from "./cases/index.ts";
import { openFaultSite } from "./fault-site.ts";
import { play } from "./play.ts";
import { describe } from "./table.ts";

/** A minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

test(
  "bad luck and bad people cost nobody anything: the quick cases of npm run check:faults",
  LIMIT,
  async () => {
    await using site = await openFaultSite();
    const played = await play(
      site,
      CASES.filter(({ quick }) => quick),
    );
    assert.ok(played.length >= 10);
    assert.deepEqual(played.filter(({ holds }) => !holds).map(describe), []);
  },
);
