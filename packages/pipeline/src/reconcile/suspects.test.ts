import assert from "node:assert/strict";
import { test } from "node:test";
import { Suspects } from "./suspects.ts";

/** The passes, from 1, in which it is to be repaired. */
function repairs(passes: number, look: (pass: number) => string | undefined): number[] {
  const suspects = new Suspects();
  const found: number[] = [];
  for (let pass = 1; pass <= passes; pass++) {
    suspects.begin();
    const state = look(pass);
    if (state !== undefined && suspects.see("credit", state)) found.push(pass);
  }
  return found;
}

test("what two passes in a row saw is repaired", () => {
  assert.deepEqual(
    repairs(2, () => "a"),
    [2],
  );
});

test("what was away for a pass, or changed, begins anew", () => {
  assert.deepEqual(
    repairs(6, (pass) => (pass % 2 === 0 ? undefined : "a")),
    [],
  );
  assert.deepEqual(
    repairs(6, (pass) => `${pass}`),
    [],
  );
});

test("what looks wrong again after its repair must be seen twice as often each time", () => {
  assert.deepEqual(
    repairs(40, () => "a"),
    [2, 6, 14, 30],
  );
});

test("what is repaired and stays away is forgotten in the end", () => {
  assert.deepEqual(
    repairs(14, (pass) => (pass <= 2 || pass > 12 ? "a" : undefined)),
    [2, 14],
  );
});
