import assert from "node:assert/strict";
import { test } from "node:test";
import { Silences } from "./liveness-watch.ts";

/** Somebody who answers for as long as told, and the looks of a watch that counts to 60 in steps of 5. */
function scene() {
  const silences = new Silences({ silenceMs: 60, lookMs: 5 });
  let answers = true;
  let open: (() => void)[] = [];
  let silent = 0;
  let now = 0;
  const watching = silences.add(
    {
      ask: () => {
        if (answers) return Promise.resolve();
        const { promise, resolve } = Promise.withResolvers<void>();
        open.push(resolve);
        return promise;
      },
      onSilent: () => silent++,
    },
    now,
  );
  return {
    watching,
    silent: () => silent,
    fallSilent: () => void (answers = false),
    /** Answers to all that was asked meanwhile. */
    answer() {
      answers = true;
      for (const resolve of open) resolve();
      open = [];
    },
    /** Looks every 5 for so long, and hears what was answered in between. */
    async pass(time: number) {
      for (const end = now + time; now < end;) {
        now += 5;
        silences.look(now);
        await new Promise(setImmediate);
      }
    },
    /** Nothing of this process runs for so long. */
    sleep: (time: number) => void (now += time),
  };
}

test("who answers is never silent; who does not is told of once", async () => {
  const at = scene();
  await at.pass(600);
  assert.equal(at.silent(), 0);
  at.fallSilent();
  await at.pass(55);
  assert.equal(at.silent(), 0);
  await at.pass(10);
  assert.equal(at.silent(), 1);
  await at.pass(600);
  assert.equal(at.silent(), 1);
});

test("an answer that comes late is one", async () => {
  const at = scene();
  for (let i = 0; i < 10; i++) {
    at.fallSilent();
    await at.pass(50);
    at.answer();
    await at.pass(5);
  }
  assert.equal(at.silent(), 0);
});

test("what this process slept through counts for nobody", async () => {
  const at = scene();
  at.fallSilent();
  for (let i = 0; i < 10; i++) {
    await at.pass(50);
    at.sleep(1_000);
  }
  assert.equal(at.silent(), 0);
  await at.pass(70);
  assert.equal(at.silent(), 1);
});

test("who is not watched any more is not told of", async () => {
  const at = scene();
  at.fallSilent();
  await at.pass(30);
  at.watching[Symbol.dispose]();
  await at.pass(100);
  assert.equal(at.silent(), 0);
});
