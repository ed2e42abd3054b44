import assert from "node:assert/strict";
import { test } from "node:test";
import { playSchedule } from "../testing/schedule.ts";
import type { Scenario } from "../testing/schedule-world.ts";
import { createSimulatedRedis } from "../testing/simulated-redis.ts";

/** A simulation is worth what it finds: each of these faults, put into the scripts, must fail a schedule. */
interface Trap {
  readonly fault: string;
  /** The text of a script that is replaced, and what stands there instead. */
  readonly cut: string;
  readonly put: string;
  /** What the scenarios must have for the fault to show. */
  readonly scenario?: Partial<Scenario>;
}

const TRAPS: readonly Trap[] = [
  {
    fault: "a credit goes before its payload is deleted",
    cut: "credit.drop = 1",
    put: "redis.call('HDEL', LIVE, k) return settle()",
  },
  {
    fault: "segments open by decode's end, not by track's cursor",
    cut: "opened < nseg and opened < cs + S",
    put: "opened < nseg",
  },
  {
    fault: "a segment ends though a batch of it is wanted",
    cut: "batch.st == 'wanted' or batch.st == 'held' then return answer('again')",
    put: "false then return answer('again')",
    scenario: { losses: true },
  },
  {
    fault: "a batch that is published again keeps its enqueue generation",
    cut: "'ready', batch.q + 1, frames, sum",
    put: "'ready', math.max(1, batch.q), frames, sum",
    scenario: { losses: true, reconciler: false, cancel: false, replans: false, yields: false },
  },
  {
    fault: "the tracker's commit does not look at the cursor",
    cut: "if int('cs') ~= cs or int('cb') ~= cb then",
    put: "if false then",
  },
  {
    fault: "inference commits a range that is not open",
    cut: "if not range or range.f ~= f or range.t ~= t then",
    put: "if not range then",
    // A poisoned batch is halved; a commit that is sent again then meets the other half.
    scenario: {
      ...{ segments: [[4, 4]], poison: 2, attempts: 2, lostAnswers: 0.3, liar: -1 },
      ...{ zombies: false, travel: false, forgetful: false },
    },
  },
  {
    fault: "a dead holder's batch is not cleared by its successor",
    cut: "if held and held.st == 'held' and not dead.drop then",
    put: "if false then",
    scenario: { window: 1, reconciler: false, losses: true },
  },
  {
    fault: "a repeated delivery of a finished batch does not drop its credit",
    cut: "if not credit or not credit.drop then return answer('skip') end",
    put: "do return answer('skip') end",
    scenario: { reconciler: false, cancel: false },
  },
  {
    fault: "messages of an old epoch are taken",
    cut: "or found[1] == 'cancelling' or found[2] ~= ep",
    put: "or found[1] == 'cancelling'",
    scenario: { reconciler: true, zombies: true },
  },
  {
    fault: "track is not due when the segment's end comes last",
    cut: "seg.st, seg.nb, seg.lease, seg.by = 'ended', nb, nil, nil\nstore(SEG, s, seg)\nsettle()",
    put: "seg.st, seg.nb, seg.lease, seg.by = 'ended', nb, nil, nil\nstore(SEG, s, seg)",
    scenario: { reconciler: false },
  },
  {
    fault: "a repeated delivery forgets what its predecessor owed",
    cut: "oweAll()\nreturn answer('ok', { ep = get('ep') })",
    put: "return answer('ok', { ep = get('ep') })",
    scenario: { reconciler: false, cancel: false, pauses: false },
  },
  {
    fault: "a lost payload counts as an attempt",
    cut: "range.att = math.max(0, range.att - 1)\nend\nbatch.st, batch.lease = 'wanted', nil",
    put: "range.att = range.att\nend\nbatch.st, batch.lease = 'wanted', nil",
    // As if poisoned by no frame: nobody dies, so that nothing but losses may count.
    scenario: {
      losses: true,
      attempts: 2,
      pauses: false,
      poison: -1,
      zombies: false,
      travel: false,
      forgetful: false,
    },
  },
  {
    fault: "a grant is given though the budget is spent",
    cut: "if total > tonumber(ARGV[4]) then return 'wait' end",
    put: "",
  },
  {
    fault: "a grant of the same batch counts twice",
    cut: "- oldBytes +",
    put: "+",
  },
];

const MOST_SEEDS = 400;

for (const { fault, cut, put, scenario } of TRAPS) {
  test(`found: ${fault}`, async () => {
    let planted = 0;
    using redis = await createSimulatedRedis((script) => {
      const changed = script.replace(cut, () => put);
      if (changed !== script) planted++;
      return changed;
    });
    let found = 1;
    for (; found <= MOST_SEEDS; found++) {
      redis.clear();
      const failed = await playSchedule(redis, found, scenario).then(
        () => false,
        () => true,
      );
      if (failed) break;
    }
    assert.ok(planted > 0, "the scripts hold the text that the trap replaces");
    assert.ok(found <= MOST_SEEDS, `no schedule of ${MOST_SEEDS} failed`);
    // It is the fault that failed it, and not the scenario.
    using sound = await createSimulatedRedis();
    await playSchedule(sound, found, scenario);
  });
}
