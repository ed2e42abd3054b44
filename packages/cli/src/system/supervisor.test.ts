import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createLivenessWatch } from "./liveness-watch.ts";
import { createSupervisor } from "./supervisor.ts";

const ENTRY = join(import.meta.dirname, "../testing/mortal-service.ts");

const SILENCE_MS = 2_000;

/** A supervisor, what it and its services say, and a service that ends as told. */
async function openScene() {
  const folder = await mkdtemp(join(tmpdir(), "fq-supervisor-"));
  const stderr = new PassThrough();
  let said = "";
  stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const watch = createLivenessWatch(SILENCE_MS);
  const supervisor = createSupervisor({ stderr, stopMs: 5_000, watch });
  return {
    supervisor,
    said: () => said,
    start: (env: Record<string, string>) =>
      supervisor.start({
        name: "mortal",
        entry: ENTRY,
        env: { LIVES: join(folder, "lives"), ...env },
      }),
    lives: async () => (await readFile(join(folder, "lives"))).length,
    async [Symbol.asyncDispose]() {
      await supervisor.stop();
      watch[Symbol.dispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test("a service that dies three times before it is ready says why and stays down", async () => {
  await using scene = await openScene();
  await assert.rejects(scene.start({ END: "start" }), /mortal does not start \(exit code 1\)/);
  assert.equal(await scene.lives(), 3);
  assert.deepEqual(scene.supervisor.pids(), {});
  const lines = scene.said().trimEnd().split("\n");
  assert.equal(lines.filter((line) => line === "no such model").length, 3);
  assert.equal(lines.at(-1), "mortal does not start (exit code 1) and stays down.");
});

test("a wrong configuration is not tried again", async () => {
  await using scene = await openScene();
  await assert.rejects(scene.start({ END: "config" }), /mortal does not start \(exit code 78\)/);
  assert.equal(await scene.lives(), 1);
});

test("deaths after it was ready never keep it down, but pauses grow between them", async () => {
  await using scene = await openScene();
  const began = performance.now();
  await scene.start({ DEATHS: "4" });
  while ((await scene.lives()) < 5) await sleep(10);
  // 0.5 + 1 + 2 + 2 s; the machine may only add to it.
  assert.ok(performance.now() - began > 5_400);
  assert.equal(scene.said().split("mortal ended (SIGKILL) and is started again.").length - 1, 4);
  while (scene.supervisor.pids()["mortal"] === undefined) await sleep(10);
});

test("one service can be ended for good, and what is ready is told of", async () => {
  await using scene = await openScene();
  await scene.start({ HEALTH: "http://127.0.0.1:1" });
  assert.deepEqual(scene.supervisor.health(), { mortal: "http://127.0.0.1:1" });
  await scene.supervisor.end("mortal");
  while (Object.keys(scene.supervisor.pids()).length > 0) await sleep(1);
  assert.deepEqual(scene.supervisor.health(), {});
  assert.equal(await scene.lives(), 1);
});

test("a service that is stopped is killed, said so, and started again; one that answers is left alone", async () => {
  await using scene = await openScene();
  await scene.start({ SILENT_LIVES: "1" });
  while ((await scene.lives()) < 2) await sleep(10);
  const pid = await untilDefined(() => scene.supervisor.pids()["mortal"]);
  const line = "mortal ended (killed after 2 s without an answer) and is started again.\n";
  assert.equal(scene.said(), line);
  // Several silences later it is the same one.
  await sleep(2 * SILENCE_MS);
  assert.deepEqual(scene.supervisor.pids(), { mortal: pid });
  assert.equal(scene.said(), line);
});

async function untilDefined<T>(read: () => T | undefined): Promise<T> {
  for (;;) {
    const found = read();
    if (found !== undefined) return found;
    await sleep(10);
  }
}
