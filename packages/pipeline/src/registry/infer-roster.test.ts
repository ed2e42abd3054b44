import assert from "node:assert/strict";
import { test } from "node:test";
import { modelRefSchema } from "@framequeue/contracts";
import type { Attendant } from "./infer-roster.ts";
import { openTestSite } from "../testing/test-site.ts";

const attendant = (id: string, provider: string, numericClass: string): Attendant => ({
  ...{ id, provider, class: numericClass },
  ...{ seen: 0, models: {} },
});

test("a job gets the class that most processes offer, a GPU's before the processor's", async () => {
  await using site = await openTestSite();
  const { roster } = site.pipeline;
  assert.equal(await roster.classForNewJob(), undefined);
  await roster.attend(attendant("a", "cpu", "cpu-old"));
  await roster.attend(attendant("b", "cpu", "cpu-new"));
  await roster.attend(attendant("c", "cpu", "cpu-new"));
  assert.equal(await roster.classForNewJob(), "cpu-new");
  await roster.attend(attendant("d", "cuda", "cuda-one"));
  assert.equal(await roster.classForNewJob(), "cuda-one");
  for (const id of ["a", "b", "c"]) await roster.leave(id);
  assert.equal((await roster.attendants()).length, 1);
  await roster.leave("d");
  assert.equal(await roster.classForNewJob(), "cuda-one", "the one that was here last");
  assert.equal(await roster.wasHere("cpu-old"), true);
  assert.equal(await roster.wasHere("cpu-never"), false);
});

test("a process that is not heard of any more is not counted", async () => {
  await using site = await openTestSite();
  const { roster, redis } = site.pipeline;
  await roster.attend(attendant("a", "cpu", "cpu-x"));
  await redis.del("fq:{here}:infer:process:a");
  assert.deepEqual(await roster.attendants(), []);
  assert.equal(await redis.scard("fq:{here}:infer:processes"), 0);
});

test("wishes hold until they are taken back; asking for a retired model brings it back", async () => {
  await using site = await openTestSite();
  const { roster } = site.pipeline;
  const model = modelRefSchema.parse({
    ...{ role: "detector", name: "nano", version: "1", sha256: "0".repeat(64) },
  });
  await roster.retire(model.sha256);
  assert.deepEqual(await roster.wishes(), {
    ...{ seen: 0, warm: [], retired: new Set([model.sha256]) },
  });
  const seen = await roster.ask(model);
  assert.deepEqual(await roster.wishes(), { seen, warm: [model], retired: new Set() });
  await roster.enough(model);
  assert.deepEqual(await roster.wishes(), { seen, warm: [], retired: new Set() });
  await roster.keep("nano", [model]);
  assert.deepEqual(await roster.wishes(), { seen, warm: [model], retired: new Set() });
  await roster.keep("nano", []);
  assert.deepEqual(await roster.wishes(), { seen, warm: [], retired: new Set() });
});
