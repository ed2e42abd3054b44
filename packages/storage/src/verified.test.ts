import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { createFolderStore } from "./folder-store.ts";
import { ObjectNotFound, type ObjectStore } from "./object-store.ts";
import {
  contentName,
  getNamed,
  getSealed,
  ObjectDamaged,
  objectSha256,
  putSealed,
} from "./verified.ts";

let folder: string;
let objects: ObjectStore;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fq-verified-"));
  objects = createFolderStore(folder);
});
after(() => rm(folder, { recursive: true }));

const VALUE = { v: 1, label: "Fußgänger", rows: [[1, 2.5]], seal: null };

test("a sealed object comes back, and is JSON to whoever knows no seals", async () => {
  for (const value of [VALUE, [1, 2], {}]) {
    await putSealed(objects, "sealed", value);
    assert.deepEqual(await getSealed(objects, "sealed"), value);
    assert.deepEqual(JSON.parse((await objects.get("sealed")).toString()), value);
  }
  await objects.put("sealed", JSON.stringify(VALUE));
  assert.deepEqual(await getSealed(objects, "sealed"), VALUE, "of an older version");
  await assert.rejects(getSealed(objects, "nothing"), ObjectNotFound);
});

test("whatever happens to a sealed object, it is what was put, or said to be damaged", async () => {
  await putSealed(objects, "sealed", VALUE);
  const whole = await objects.get("sealed");
  const strike = fc.oneof(
    fc.record({ at: fc.nat(whole.length - 1), flip: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ keep: fc.nat(whole.length - 1) }),
    fc.record({ zeroFrom: fc.nat(whole.length - 1) }),
  );
  await fc.assert(
    fc.asyncProperty(strike, async (how) => {
      let body = Buffer.from(whole);
      if ("at" in how) body[how.at]! ^= how.flip;
      else if ("keep" in how) body = body.subarray(0, how.keep);
      else body.fill(0, how.zeroFrom);
      await objects.put("struck", body);
      try {
        assert.deepEqual(await getSealed(objects, "struck"), VALUE);
      } catch (error) {
        assert.ok(error instanceof ObjectDamaged, String(error));
        assert.ok(!error.message.includes("ger"), "it quotes nothing");
      }
    }),
    { numRuns: 400 },
  );
});

test("an object that is named by its content is read only as that", async () => {
  const key = `parts/${contentName("content")}`;
  await objects.put(key, "content");
  assert.equal((await getNamed(objects, key)).toString(), "content");
  for (const body of ["", "conten", "Content"]) {
    await objects.put(key, body);
    await assert.rejects(getNamed(objects, key), ObjectDamaged);
  }
  await objects.delete(key);
  await assert.rejects(getNamed(objects, key), ObjectNotFound);
  assert.equal(await objectSha256(objects, key), undefined);
});
