import assert from "node:assert/strict";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { writeClip } from "./clip.ts";
import { freePort } from "@framequeue/service/testing";
import { launch, openWorkshop, untilReady } from "./product.ts";

test("with a range from 0, decode and infer come when there is a job, and go when there is none", async () => {
  await using at = await openWorkshop();
  const clip = join(at.folder, "clip.mp4");
  await writeClip(clip, { seconds: 2 });
  const port = await freePort();
  const ranges = ["--infer-processes", "0-1", "--decode-processes", "0-1"];
  const child = launch(at, ["start", "--model", at.model, ...ranges], {
    FQ_API_PORT: String(port),
    FQ_FRAMES_DIR: join(at.folder, "frames"),
    FQ_SCALE_LOOK_MS: "200",
    FQ_SCALE_DOWN_SECONDS: "0",
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  try {
    const said: string[] = [];
    createInterface({ input: child.stderr! }).on("line", (line) => said.push(line));
    await untilReady(child);
    const processes = async (): Promise<string[]> => {
      const file = join(at.folder, "data/metrics-targets.json");
      const groups = JSON.parse(await readFile(file, "utf8")) as { labels: { instance: string } }[];
      return groups
        .map(({ labels }) => labels.instance)
        .filter((name) => /^(infer|decode)/.test(name));
    };
    assert.deepEqual(await processes(), []);

    // What is sent to the command reaches every service.
    process.kill(child.pid!, "SIGUSR2");
    const switched = (): string[] =>
      said
        .filter((line) => line.includes("the log level was switched"))
        .map((line) => (JSON.parse(line) as { service: string }).service);
    while (switched().length < 6) await sleep(20);
    assert.deepEqual(switched().sort(), ["api", "enhance", "index", "ingest", "render", "track"]);

    const form = new FormData();
    form.append("file", await openAsBlob(clip), "clip.mp4");
    const jobs = `http://localhost:${port}/v1/jobs`;
    const { id } = (await (await fetch(jobs, { method: "POST", body: form })).json()) as any;
    const job = async (): Promise<any> => (await fetch(`${jobs}/${id}`)).json();
    while (!["succeeded", "failed"].includes((await job()).state)) await sleep(50);
    assert.equal((await job()).state, "succeeded");
    while ((await processes()).length > 0) await sleep(50);
    for (const stage of ["decode", "infer"]) {
      const changes = said.filter((line) => line.startsWith(`${stage}: `));
      assert.match(changes[0]!, /: 1 instead of 0 processes/);
      assert.match(changes.at(-1)!, /: 0 instead of 1 processes, 0 frames left/);
    }
  } finally {
    process.kill(-child.pid!, "SIGINT");
    assert.equal((await exited)[0], 0);
  }
});
