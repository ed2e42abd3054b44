import assert from "node:assert/strict";
import { test } from "node:test";
import { INTERMEDIATES, RECORDS } from "./kinds.ts";
import { type Moment, playCell } from "./matrix.ts";
import { openMatrixSite } from "./matrix-site.ts";
import type { Strike } from "./strikes.ts";

/** A minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

/** Some of what `npm run check:objects` plays, with what is to come of it. */
const CELLS: readonly [kind: string, Strike, Moment, outcome: string][] = [
  ["plan", "emptied", "running", "right"],
  ["times of a segment", "flipped", "running", "right"],
  ["infer", "truncated", "running", "right"],
  ["part", "flipped", "running", "right"],
  ["index report", "deleted", "running", "right"],
  ["adopted", "flipped", "running", "right"],
  ["source", "flipped", "running", "source-changed; right after: put back and retry"],
  ["result", "deleted", "ended", "result-damaged; right after: retry"],
  ["result file", "flipped", "ended", "result-damaged; right after: retry"],
];

test("a damaged object makes no result wrong and no job hang", LIMIT, async (t) => {
  await using at = await openMatrixSite();
  for (const [name, strike, moment, outcome] of CELLS) {
    await t.test(`${name} ${strike}, ${moment}`, async () => {
      const kind = [...INTERMEDIATES, ...RECORDS].find((each) => each.name === name)!;
      const cell = await playCell(at, kind, strike, moment);
      assert.equal(cell.outcome, outcome);
    });
  }
});
