import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "@framequeue/service/testing";
import { type Finished, finish, launch, openWorkshop, type Workshop } from "./product.ts";

/** A machine that cannot reach the world: its proxy is a port where nobody listens. */
async function offline(): Promise<NodeJS.ProcessEnv> {
  const proxy = `http://127.0.0.1:${await freePort()}`;
  return { HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: "", no_proxy: "" };
}

const store = async (at: Workshop, env: NodeJS.ProcessEnv): Promise<Finished> =>
  finish(launch(at, ["models", "store"], { ...(await offline()), ...env }));

test("a site whose default model cannot be fetched does not come up, and the advice helps", async () => {
  await using at = await openWorkshop();
  const failed = await store(at, { FQ_DEFAULT_MODEL: "yolox-nano" });
  assert.deepEqual([failed.code, failed.stdout], [1, ""], failed.stderr);
  const [, advice] = /(FQ_DEFAULT_MODEL=[a-z-]+)/.exec(failed.stderr) ?? [];
  assert.ok(advice, failed.stderr);
  const kept = await readdir(join(at.folder, "data/objects/models"));
  assert.equal(kept.length, 1, "what is here is stored all the same");

  const started = await finish(launch(at, ["start"], await offline()));
  assert.equal(started.code, 1, started.stderr);
  assert.equal(started.stdout, "");

  const [name, value] = advice.split("=") as [string, string];
  const helped = await store(at, { [name]: value });
  assert.equal(helped.code, 0, helped.stderr);
  assert.match(helped.stdout, new RegExp(`^${value}@`));
});

test("a default model that the store has is not fetched again", async () => {
  await using at = await openWorkshop();
  const add = ["models", "add", at.model, "--name", "yard"];
  assert.equal((await finish(launch(at, add))).code, 0);
  assert.match((await store(at, { FQ_DEFAULT_MODEL: "yard" })).stdout, /^yard@/);
  // As a container whose folder of fetched models is empty.
  await rm(join(at.folder, "data/models"), { recursive: true });
  const again = await store(at, { FQ_DEFAULT_MODEL: "yard" });
  assert.deepEqual([again.code, again.stdout], [0, "yard\n"], again.stderr);
  const unknown = await store(at, { FQ_DEFAULT_MODEL: "yard@stable" });
  assert.equal(unknown.code, 1, "there is no such alias");
});
