import assert from "node:assert/strict";
import { test } from "node:test";
import { type ModelAliases, newJobId } from "@framequeue/contracts";
import { type AliasStep, stepAliases, stepBack, versionFor } from "./model-aliases.ts";

const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];

/** From no aliases at all, where the highest version is `c`. */
function after(...steps: readonly AliasStep[]): ModelAliases {
  let now: ModelAliases | undefined;
  for (const step of steps) now = stepAliases("nano", now, c, step);
  return now!;
}
const stable = (sha256: string): AliasStep => ({ kind: "stable", sha256 });
const canary = (sha256: string, share = 0.5): AliasStep => ({ kind: "canary", sha256, share });

test("stable moves and remembers where it was; the first step leaves the highest version", () => {
  const now = after(stable(a), stable(b));
  assert.deepEqual(now, { v: 1, name: "nano", revision: 2, stable: b, before: [c, a] });
  assert.deepEqual(after(stable(a), stable(a)).before, [c], "no move is no step");
});

test("the way back leads through what was stable, and ends", () => {
  let now: ModelAliases | undefined = after(stable(a), stable(b), canary(c));
  const seen: string[] = [];
  for (now = stepBack(now); now !== undefined; now = stepBack(now)) {
    assert.equal(now.canary, undefined);
    seen.push(now.stable);
  }
  assert.deepEqual(seen, [a, c]);
});

test("a canary comes, goes, and becomes stable", () => {
  assert.deepEqual(after(stable(a), canary(b, 0.2)).canary, { sha256: b, share: 0.2 });
  assert.equal(after(stable(a), canary(b), { kind: "no-canary" }).canary, undefined);
  assert.equal(after(stable(a), canary(b), stable(b)).canary, undefined);
  assert.deepEqual(after(stable(a), canary(b), stable(c)).canary?.sha256, b);
  const only = after(canary(b));
  assert.equal(only.stable, c, "beside the highest version, which served before");
});

test("shares of nothing and everything", () => {
  const jobs = Array.from({ length: 50 }, () => newJobId());
  const all = (share: number): Set<string> =>
    new Set(jobs.map((job) => versionFor(after(stable(a), canary(b, share)), job)));
  assert.deepEqual(all(0), new Set([a]));
  assert.deepEqual(all(1), new Set([b]));
});
