import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ledger } from "./ledger.ts";
import { playSchedule } from "../testing/schedule.ts";
import type { Scenario } from "../testing/schedule-scenario.ts";
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

/** Nothing but deaths: whatever else has a task delivered again repairs what a fault left. */
const CALM: Partial<Scenario> = {
  ...{ cancel: false, replans: false, pauses: false, stops: false, damages: false, retries: false },
  ...{ outages: 0, failures: 0 },
};

/** And no deaths that count as attempts. */
const ALIVE: Partial<Scenario> = {
  ...CALM,
  ...{ crashes: false, poison: -1, zombies: false, travel: false, forgetful: false, losses: false },
};

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
    scenario: { ...CALM, losses: true, reconciler: false, yields: false },
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
    scenario: { ...CALM, reconciler: false, window: 1, budget: 1 },
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

/** Faults in what the steps say, which are the product's own functions in a simulation. */
const SAID: readonly {
  readonly fault: string;
  readonly tamper: (ledger: Ledger) => Partial<Ledger>;
  readonly scenario: Partial<Scenario>;
}[] = [
  {
    fault: "a decoder that dies is taken for one that was told to stop",
    tamper: ({ segHandBack }) => ({ segFail: segHandBack }),
    scenario: { ...CALM, segments: [[4, 4]], broken: 6, attempts: 2, cancel: false },
  },
  {
    fault: "an infer that was told to stop is taken for one that failed",
    tamper: () => ({ handBack: async () => ({ a: "ok" }) }),
    scenario: { ...ALIVE, attempts: 2, stops: true },
  },
  {
    fault: "a decoder that was told to stop is taken for one that failed",
    tamper: ({ segFail }) => ({ segHandBack: segFail }),
    scenario: { ...ALIVE, attempts: 1, stops: true, yields: false },
  },
  {
    fault: "lost pixels are not reported",
    tamper: () => ({ lost: async () => ({ a: "ok" }) }),
    scenario: { losses: true, reconciler: false },
  },
  {
    fault: "the credit of a batch that is done stays",
    tamper: () => ({ returned: async () => ({ a: "ok" }) }),
    scenario: { reconciler: false },
  },
];

const MOST_SEEDS = 400;

/** The first seed whose schedule fails. */
async function firstFailure(play: (seed: number) => Promise<unknown>): Promise<number> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const failed = await play(seed).then(
      () => false,
      () => true,
    );
    if (failed) return seed;
  }
  assert.fail(`no schedule of ${MOST_SEEDS} failed`);
}

for (const { fault, cut, put, scenario } of TRAPS) {
  test(`found: ${fault}`, async () => {
    let planted = 0;
    using redis = await createSimulatedRedis((script) => {
      const changed = script.replace(cut, () => put);
      if (changed !== script) planted++;
      return changed;
    });
    const found = await firstFailure((seed) => {
      redis.clear();
      return playSchedule(redis, seed, scenario);
    });
    assert.ok(planted > 0, "the scripts hold the text that the trap replaces");
    // It is the fault that failed it, and not the scenario.
    using sound = await createSimulatedRedis();
    await playSchedule(sound, found, scenario);
  });
}

for (const { fault, tamper, scenario } of SAID) {
  test(`found: ${fault}`, async () => {
    using redis = await createSimulatedRedis();
    const play = (seed: number, by?: typeof tamper): Promise<unknown> => {
      redis.clear();
      return playSchedule(redis, seed, scenario, by);
    };
    await play(await firstFailure((seed) => play(seed, tamper)));
  });
}
