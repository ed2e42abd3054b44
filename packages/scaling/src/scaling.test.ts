import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decide,
  DEFAULT_POLICY,
  EMPTY_MEMORY,
  type Load,
  type ScalingPolicy,
  wantedWorkers,
} from "./index.ts";

const POLICY: ScalingPolicy = { ...DEFAULT_POLICY, min: 0, max: 100, drainSeconds: 100 };
const IDLE: Load = {
  liveFramesPerSecond: 0,
  framesLeft: 0,
  framesPerBusySecond: 50,
  busy: 0,
  waiting: 0,
};

for (const [what, load, wanted] of [
  ["nothing", {}, 0],
  ["what is left within the drain time", { framesLeft: 15_000 }, 3],
  ["a little left", { framesLeft: 1 }, 1],
  ["live sources at 80 % of the speed", { liveFramesPerSecond: 120 }, 3],
  ["both", { liveFramesPerSecond: 60, framesLeft: 7_500 }, 3],
  ["the busy, though nothing is left", { busy: 4 }, 4],
  ["a task that waits, though the ledger knows of none", { waiting: 3 }, 1],
  ["more than there may be", { framesLeft: 1e9 }, 100],
] as const) {
  test(`wanted for ${what}: ${wanted}`, () => {
    assert.equal(wantedWorkers({ ...IDLE, ...load }, POLICY), wanted);
  });
}

/** Runs the scaler every 15 s over what is wanted, from no worker on. */
function run(policy: ScalingPolicy, wanted: readonly number[]): number[] {
  let memory = EMPTY_MEMORY;
  let current = 0;
  return wanted.map((workers, i) => {
    ({ workers: current, memory } = decide(memory, policy, {
      now: 15 * i,
      current,
      wanted: workers,
    }));
    return current;
  });
}

test("up at once, at the pace that is set", () => {
  assert.deepEqual(run(POLICY, [30, 30, 30, 30]), [8, 16, 30, 30]);
  const slow = { ...POLICY, up: { windowSeconds: 0, workers: 2, share: 0, periodSeconds: 30 } };
  assert.deepEqual(run(slow, [9, 9, 9, 9, 9]), [2, 2, 4, 4, 6]);
});

test("down only after its window, at its pace", () => {
  const policy = {
    ...POLICY,
    down: { windowSeconds: 45, workers: 2, share: 0, periodSeconds: 30 },
  };
  assert.deepEqual(run(policy, [5, 0, 0, 0, 0, 0, 0, 0, 0]), [5, 5, 5, 5, 3, 3, 1, 1, 0]);
  assert.deepEqual(run(policy, [5, 0, 0, 5, 0, 0, 0, 0]), [5, 5, 5, 5, 5, 5, 5, 3]);
});

test("whatever is wanted, it stays within its limits, and settles at what goes on being wanted", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 0, max: 20 }),
      (wanted, min) => {
        const policy = { ...POLICY, min };
        const last = Math.min(policy.max, Math.max(min, wanted.at(-1)!));
        const seen = run(policy, [...wanted, ...Array.from({ length: 80 }, () => last)]);
        assert.ok(seen.every((workers) => workers >= min && workers <= policy.max));
        assert.equal(seen.at(-1), last);
      },
    ),
  );
});
