import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createSoloGate } from "./solo-gate.ts";

/** Work that begins when it is let in and ends when it is told to. */
function openScene() {
  const gate = createSoloGate();
  const inside: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const work = (name: string) => async (): Promise<string> => {
    inside.push(name);
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    try {
      await end.promise;
      return name;
    } finally {
      inside.splice(inside.indexOf(name), 1);
    }
  };
  return {
    share: (name: string) => gate.share(work(name)),
    alone: (name: string) => gate.alone(work(name)),
    async inside() {
      await turn();
      return inside.toSorted();
    },
    end: (name: string) => ends.get(name)!.resolve(),
    fail: (name: string) => ends.get(name)!.reject(new Error(name)),
  };
}

test("what may share shares; what must be alone waits for the others, and the others for it", async () => {
  const scene = openScene();
  const all = [
    scene.share("a"),
    scene.share("b"),
    scene.alone("S"),
    scene.alone("T"),
    scene.share("c"),
    scene.share("d"),
  ];
  assert.deepEqual(await scene.inside(), ["a", "b"], "who comes after S does not pass it by");
  scene.end("a");
  assert.deepEqual(await scene.inside(), ["b"]);
  scene.end("b");
  assert.deepEqual(await scene.inside(), ["S"]);
  scene.end("S");
  assert.deepEqual(await scene.inside(), ["T"]);
  scene.end("T");
  assert.deepEqual(await scene.inside(), ["c", "d"]);
  scene.end("c");
  scene.end("d");
  assert.deepEqual(await Promise.all(all), ["a", "b", "S", "T", "c", "d"]);
});

test("work that fails lets the next in", async () => {
  const scene = openScene();
  const failing = assert.rejects(scene.alone("S"), /S/);
  const next = scene.share("a");
  await scene.inside();
  scene.fail("S");
  await failing;
  assert.deepEqual(await scene.inside(), ["a"]);
  scene.end("a");
  await next;
});
