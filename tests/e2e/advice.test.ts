import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { freePort } from "@framequeue/service/testing";
import { writeClip } from "./clip.ts";
import { analyze, finish, launch, leftovers, openWorkshop } from "./product.ts";

// What a message tells its reader to do is done here, and helps. Before any of it nothing was begun.

test("labels that the model does not have: the message has those that it does", async () => {
  await using at = await openWorkshop();
  await writeClip(join(at.folder, "walk.mp4"), { seconds: 1 });
  const args = ["walk.mp4", "--model", at.model, "--no-video"];
  await writeFile(join(at.folder, "count.json"), JSON.stringify({ labels: ["persn"] }));
  for (const wrong of [
    ["--labels", "persn"],
    ["--analytics", "count.json"],
  ]) {
    const refused = await analyze(at, [...args, ...wrong]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /has no label "persn"; it has class 0, class 1, class 2/);
    assert.ok(!existsSync(join(at.folder, "out")), "nothing was begun");
  }
  const helped = await analyze(at, [...args, "--labels", "class 0"]);
  assert.equal(helped.code, 0, helped.stderr);
  assert.deepEqual(await leftovers(at), []);
});

test("servers for pixels that do not answer: none of them, as the message says", async () => {
  await using at = await openWorkshop();
  await writeClip(join(at.folder, "walk.mp4"), { seconds: 1 });
  const args = ["analyze", "walk.mp4", "--model", at.model, "--no-video", "--frame-store", "redis"];
  const nobody = `redis://user:secret@127.0.0.1:${await freePort()}`;
  const refused = await finish(launch(at, args, { FQ_FRAME_REDIS_URLS: nobody }));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /cannot be used: .*unset FQ_FRAME_REDIS_URLS/);
  assert.doesNotMatch(refused.stderr, /secret|\n\s+at /);
  assert.ok(!existsSync(join(at.folder, "out")));
  const helped = await finish(launch(at, args, { FQ_FRAME_REDIS_URLS: undefined }));
  assert.equal(helped.code, 0, helped.stderr);
  assert.deepEqual(await leftovers(at), []);
});

test("a data folder that is in use: another one, as the message says", async () => {
  await using at = await openWorkshop();
  const start = async (env: NodeJS.ProcessEnv) =>
    launch(at, ["start", "--model", at.model], { FQ_API_PORT: String(await freePort()), ...env });
  const isReady = async (child: ReturnType<typeof launch>): Promise<boolean> => {
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.startsWith("Framequeue is ready")) return true;
    }
    return false;
  };
  const first = await start({});
  try {
    assert.ok(await isReady(first));
    const second = await finish(await start({}));
    assert.equal(second.code, 1);
    assert.match(second.stderr, /already runs on .*data \(process \d+\).*FQ_DATA_DIR/);
    const third = await start({ FQ_DATA_DIR: join(at.folder, "other") });
    const gone = finish(third);
    assert.ok(await isReady(third));
    third.kill("SIGTERM");
    assert.equal((await gone).code, 0);

    // The API of the one that runs, as `models versions` without one says.
    const away = await finish(launch(at, ["models", "versions", "--api", "http://127.0.0.1:9"]));
    assert.equal(away.code, 1);
    assert.match(away.stderr, /no answer from http:\/\/127\.0\.0\.1:9; start the system .*--api/);
  } finally {
    first.kill("SIGTERM");
    await new Promise((done) => first.once("exit", done));
  }
});
