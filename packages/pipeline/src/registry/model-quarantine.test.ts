import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Lineage, modelKeys, type ModelRef, newJobId } from "@framequeue/contracts";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { putAliases } from "./model-aliases.ts";
import {
  checkStanding,
  countQuarantined,
  keepQuarantined,
  liftQuarantine,
  readQuarantine,
  strikeModel,
  suspectWork,
  trustWork,
  type Verdict,
} from "./model-quarantine.ts";
import { putLineage } from "./model-records.ts";
import { connectRedis } from "../ledger/redis.ts";

const resources = new AsyncDisposableStack();
let deps: Parameters<typeof strikeModel>[0];
before(async () => {
  const server = resources.use(await startRedisServer());
  const folder = await mkdtemp(join(tmpdir(), "fq-quarantine-"));
  resources.defer(() => rm(folder, { recursive: true }));
  const redis = connectRedis(server.url);
  resources.defer(() => redis.disconnect());
  deps = { redis, site: "here", objects: createFolderStore(folder) };
});
after(() => resources.disposeAsync());

let models = 0;
async function newModel(by: Lineage["by"] = "upload"): Promise<ModelRef> {
  const sha256 = String(++models).padStart(64, "0");
  const model = { role: "detector", name: `yard-${models}`, version: "1", sha256 } as const;
  await putLineage(deps.objects, model, { by });
  return model;
}

const strike = (model: ModelRef, job = newJobId()): Promise<Verdict> =>
  strikeModel(deps, { model, job, bound: "time", limit: 60_000 });
const standing = (model: ModelRef) => checkStanding(deps, [model], newJobId(), "0.0");

test("a version goes into quarantine at the second strike, until it is lifted", async () => {
  const model = await newModel();
  const other = await newModel();
  const job = newJobId();
  assert.equal(await strike(model, job), "again");
  await standing(model);
  assert.equal(await strike(model, job), "quarantined");
  const refused = {
    code: "model-quarantined",
    at: "model",
    message:
      /^yard-1@1 is in quarantine, because runs of it took more than 60 s of processor time\./,
  };
  await assert.rejects(standing(model), refused);
  await standing(other);
  const { at, ...quarantine } = (await readQuarantine(deps.objects, model.sha256))!;
  assert.ok(Date.parse(at) <= Date.now());
  assert.deepEqual(quarantine, { v: 1, bound: "time", limit: 60_000, job });
  assert.equal(await countQuarantined(deps.redis, deps.site), 1);

  // A Redis that forgets is reminded by the next process that starts.
  await deps.redis.flushall();
  await keepQuarantined(deps);
  await assert.rejects(standing(model), refused);

  assert.equal(await liftQuarantine(deps, model.sha256), true);
  assert.equal(await liftQuarantine(deps, model.sha256), false);
  await standing(model);
  assert.equal(await strike(model), "again", "as if it had never broken a bound");

  // An object that is gone counts, whatever Redis says.
  assert.equal(await strike(model), "quarantined");
  await deps.objects.delete(modelKeys(model.sha256).quarantine);
  await standing(model);
  assert.equal(await countQuarantined(deps.redis, deps.site), 0);
});

test("what the operator stands for is not taken from everybody by one who sends videos", async () => {
  const stable = await newModel();
  const { name, sha256 } = stable;
  await putAliases(deps.objects, { v: 1, name, revision: 1, stable: sha256, before: [] });
  for (const model of [stable, await newModel("bundled"), await newModel("pull")]) {
    for (let sender = 0; sender < 3; sender++) {
      const job = newJobId();
      assert.deepEqual([await strike(model, job), await strike(model, job)], ["again", "job-over"]);
    }
    await standing(model);
  }
});

test("work that may have broken a bound runs alone until it is done", async () => {
  const model = await newModel();
  const [job, other] = [newJobId(), newJobId()];
  await suspectWork(deps, job, "0.1");
  const isSuspect = async (id: typeof job, work: string): Promise<boolean> =>
    (await checkStanding(deps, [model], id, work)).isSuspect;
  assert.deepEqual(
    [await isSuspect(job, "0.1"), await isSuspect(job, "0.2"), await isSuspect(other, "0.1")],
    [true, false, false],
  );
  await trustWork(deps, job, "0.1");
  assert.equal(await isSuspect(job, "0.1"), false);
});
