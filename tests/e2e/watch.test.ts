import assert from "node:assert/strict";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@framequeue/service/testing";
import { writeClip } from "./clip.ts";
import { launch, openWorkshop, untilReady } from "./product.ts";

/** A minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

const NAMES = ["frames.jsonl", "tracks.jsonl", "mot.txt"];

test(
  "Redis is killed, services are stopped: npm start brings them back, and jobs end with the same bytes",
  LIMIT,
  async () => {
    await using at = await openWorkshop();
    const clip = join(at.folder, "clip.mp4");
    await writeClip(clip, { seconds: 3 });
    const dataDir = join(at.folder, "data");
    // As after a power cut: the first process of the system has the number of the last one that ran here.
    await mkdir(join(dataDir, ".start"), { recursive: true });
    await writeFile(join(dataDir, ".start/.framequeue-process"), "");
    const port = await freePort();
    const child = launch(at, ["start", "--model", at.model], {
      FQ_API_PORT: String(port),
      FQ_WATCH_SILENCE_MS: "5000",
      FQ_LOCK_MS: "2000",
      FQ_RECONCILE_MS: "500",
      FQ_LOG_LEVEL: "fatal",
    });
    const exited = once(child, "exit") as Promise<[number | null]>;
    try {
      const said: string[] = [];
      createInterface({ input: child.stderr! }).on("line", (line) => said.push(line));
      await untilReady(child);
      const jobs = `http://localhost:${port}/v1/jobs`;
      const submit = async (): Promise<string> => {
        const form = new FormData();
        const execution = { batchFrames: 2, segmentSeconds: 1 };
        form.append("options", JSON.stringify({ render: false, execution }));
        form.append("file", await openAsBlob(clip), "clip.mp4");
        return ((await (await fetch(jobs, { method: "POST", body: form })).json()) as any).id;
      };
      /** As any client does: again where the answer is that something is away. */
      const view = async (id: string): Promise<any> => {
        for (;;) {
          const answer = await fetch(`${jobs}/${id}`).catch(() => undefined);
          if (answer?.status === 200) return answer.json();
          await answer?.body?.cancel();
          await sleep(50);
        }
      };
      const results = async (id: string): Promise<string[]> => {
        for (;;) {
          const { state, finishedAt, results: files } = await view(id);
          if (finishedAt === undefined) {
            await sleep(50);
            continue;
          }
          assert.equal(state, "succeeded");
          return Promise.all(
            NAMES.map(async (name) =>
              (await fetch(`http://localhost:${port}${files[name]}`)).text(),
            ),
          );
        }
      };
      const calm = await results(await submit());

      const redis = async (): Promise<number> =>
        Number(await readFile(join(dataDir, "redis/redis.pid"), "utf8").catch(() => ""));
      const first = await redis();
      const broken = [await submit(), await submit()];
      while ((await view(broken[0]!)).progress.inferred === 0) await sleep(10);
      process.kill(first, "SIGKILL");
      for (const id of broken) assert.deepEqual(await results(id), calm);
      assert.notEqual(await redis(), first);

      const stopped = await submit();
      while ((await view(stopped)).progress.inferred === 0) await sleep(10);
      for (const service of ["infer", "track", "api"]) {
        process.kill(await pidOf(child.pid!, `services/${service}/`), "SIGSTOP");
      }
      assert.deepEqual(await results(stopped), calm);
      const silent = "ended (killed after 5 s without an answer) and is started again.";
      assert.ok(
        said.includes("redis-server ended (SIGKILL) and is started again."),
        said.join("\n"),
      );
      for (const name of ["api", "infer", "track"])
        assert.ok(said.includes(`${name} ${silent}`), name);
    } finally {
      process.kill(-child.pid!, "SIGINT");
      assert.equal((await exited)[0], 0);
    }
  },
);

/** The process that `parent` started with that in its command line. */
async function pidOf(parent: number, text: string): Promise<number> {
  for (const name of await readdir("/proc")) {
    const [stat, args] = await Promise.all(
      ["stat", "cmdline"].map((file) => readFile(`/proc/${name}/${file}`, "utf8").catch(() => "")),
    );
    if (Number(/\) \S+ (\d+)/.exec(stat!)?.[1]) === parent && args!.includes(text))
      return Number(name);
  }
  throw new Error(`no process of ${text}`);
}
