import assert from "node:assert/strict";
import { test } from "node:test";
import { inTime } from "./deadline.ts";

test("work in time is passed on, good or bad; what takes longer is queue-unavailable", async () => {
  assert.equal(await inTime(Promise.resolve(5)), 5);
  await assert.rejects(inTime(Promise.reject(new Error("bad"))), /bad/);
  await assert.rejects(inTime(new Promise(() => {}), 1), { code: "queue-unavailable" });
});
