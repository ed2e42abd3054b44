import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { isTerminal, type JobView } from "@framequeue/contracts";
import { freePort, startRedisServer } from "@framequeue/service/testing";
import { writeClip } from "./clip.ts";
import { analyze, launch, openWorkshop, untilReady } from "./product.ts";

const run = promisify(execFile);

async function redis(url: string, ...command: string[]): Promise<string> {
  const socket = decodeURIComponent(new URL(url).pathname);
  return (await run("redis-cli", ["-s", socket, ...command])).stdout;
}

test("services as processes over two Redis servers for pixels: the same result, and no key is left", async () => {
  await using at = await openWorkshop();
  await using one = await startRedisServer();
  await using two = await startRedisServer();
  const servers = [one.url, two.url];
  const clip = join(at.folder, "clip.mp4");
  await writeClip(clip, { seconds: 12 });
  const port = await freePort();
  const child = launch(at, ["start", "--model", at.model], {
    FQ_API_PORT: String(port),
    FQ_SOURCE_ROOTS: at.folder,
    FQ_FRAME_STORE: "redis",
    FQ_FRAME_REDIS_URLS: servers.join(","),
  });
  const exited = once(child, "exit");
  try {
    await untilReady(child);
    child.stderr!.resume();
    const jobs = `http://127.0.0.1:${port}/v1/jobs`;
    const submitted = await fetch(jobs, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        source: { path: clip },
        render: false,
        execution: { segmentSeconds: 1 },
      }),
    });
    const { id } = (await submitted.json()) as { id: string };
    let job: JobView;
    do {
      await sleep(100);
      job = (await (await fetch(`${jobs}/${id}`)).json()) as JobView;
    } while (!isTerminal(job.state));
    assert.equal(job.state, "succeeded", JSON.stringify(job));
    const frames = await (await fetch(`${jobs}/${id}/results/frames.jsonl`)).text();

    const { code } = await analyze(at, [clip, "--model", at.model, "--no-video", "--out", "out"]);
    assert.equal(code, 0);
    assert.equal(frames, await readFile(join(at.folder, "out/clip/frames.jsonl"), "utf8"));
    for (const url of servers) {
      assert.match(await redis(url, "INFO", "commandstats"), /cmdstat_set:calls=[1-9]/);
      assert.equal((await redis(url, "DBSIZE")).trim(), "0");
    }
  } finally {
    process.kill(-child.pid!, "SIGINT");
    await exited;
  }
});
