import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { listen } from "@framequeue/service";
import { StageSpeed } from "./stage-speed.ts";

/** A process that answers for metrics, which the test sets. */
async function openProcess() {
  const counters = { frames: 0, busy: 0, running: 0 };
  const server = createServer((_, response) => {
    response.end(
      `fq_frames_total{stage="infer"} ${counters.frames}\n` +
        `fq_busy_seconds_total{stage="infer"} ${counters.busy}\n` +
        `fq_tasks_running{stage="infer"} ${counters.running}\n`,
    );
  });
  const { url } = await listen(server, { host: "127.0.0.1", port: 0 }, "nothing");
  return {
    url,
    set: (to: Partial<typeof counters>) => void Object.assign(counters, to),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("the speed is frames per busy second over all processes; idle ones do not slow it", async () => {
  await using one = await openProcess();
  await using two = await openProcess();
  const health = { "infer-1": one.url, "infer-2": two.url, decode: one.url };
  const speed = new StageSpeed("infer");
  assert.deepEqual(
    await speed.read(health),
    new Map([
      ["infer-1", 0],
      ["infer-2", 0],
    ]),
  );
  const guess = speed.framesPerBusySecond;
  assert.ok(guess > 0);
  one.set({ frames: 300, busy: 3, running: 2 });
  assert.equal((await speed.read(health)).get("infer-1"), 2);
  assert.equal(speed.framesPerBusySecond, 100);
  await speed.read(health);
  assert.equal(speed.framesPerBusySecond, 100);
});

test("a process that began anew, or does not answer, spoils nothing", async () => {
  await using one = await openProcess();
  const speed = new StageSpeed("infer");
  one.set({ frames: 500, busy: 10 });
  await speed.read({ infer: one.url });
  one.set({ frames: 50, busy: 1 });
  await speed.read({ infer: one.url, "infer-2": "http://127.0.0.1:1" });
  assert.ok(Math.abs(speed.framesPerBusySecond - 50) < 1e-9);
});
