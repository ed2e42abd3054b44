import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, openAsBlob } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { writeClip } from "./clip.ts";
import { freePort, launch, openWorkshop, ROOT, type Workshop } from "./product.ts";

const CHECKER = join(ROOT, "../shared/tools/check-dashboard.mjs");
/** Panels that are rightly empty on a machine without one. */
const GPU_PANELS = "^GPU (use|memory|power)$";

const lacking = ["prometheus", "promtool"].find(
  (program) => spawnSync(program, ["--version"]).status !== 0,
);
const withoutPrometheus = lacking === undefined ? false : `${lacking} is not installed`;
const withoutChecker = existsSync(CHECKER)
  ? withoutPrometheus
  : "shared/tools is not here: no check-dashboard.mjs";

interface Target {
  readonly targets: readonly [string];
  readonly labels: { readonly job: string; readonly instance: string };
}

/** The product under a load that does not end before it is told to. */
async function openLoad(at: Workshop) {
  const clip = join(at.folder, "clip.mp4");
  await writeClip(clip, { seconds: 4 });
  const port = await freePort();
  const child = launch(at, ["start", "--model", at.model], {
    FQ_API_PORT: String(port),
    FQ_FRAMES_DIR: join(at.folder, "frames"),
  });
  const exited = once(child, "exit");
  child.stderr!.resume();
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.startsWith("Framequeue is ready")) break;
  }
  child.stdout!.resume();
  const jobs = `http://localhost:${port}/v1/jobs`;
  const enough = new AbortController();
  let ended = 0;
  async function submitAgainAndAgain(): Promise<void> {
    while (!enough.signal.aborted) {
      const form = new FormData();
      form.append("options", JSON.stringify({ options: { enhance: { normalize: true } } }));
      form.append("file", await openAsBlob(clip), "clip.mp4");
      const { id } = (await (await fetch(jobs, { method: "POST", body: form })).json()) as any;
      for (;;) {
        const view = (await (await fetch(`${jobs}/${id}`)).json()) as any;
        if (view.state === "succeeded") break;
        assert.ok(!["failed", "cancelled"].includes(view.state), view.state);
        await sleep(200);
      }
      ended++;
    }
  }
  const working = Promise.all([submitAgainAndAgain(), submitAgainAndAgain()]);
  const file = join(at.folder, "data/metrics-targets.json");
  return {
    file,
    ended: () => ended,
    targets: async () => JSON.parse(await readFile(file, "utf8")) as Target[],
    async [Symbol.asyncDispose]() {
      enough.abort();
      await working;
      process.kill(-child.pid!, "SIGINT");
      await exited;
    },
  };
}

/** Answers what it said about the names and texts of a service's metrics; nothing where it found no fault. */
async function lint(url: string): Promise<string> {
  const text = await (await fetch(url)).text();
  const check = spawn("promtool", ["check", "metrics"]);
  let said = "";
  for (const stream of [check.stdout, check.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => (said += part));
  }
  check.stdin.end(text);
  await once(check, "close");
  return said;
}

async function openPrometheus(at: Workshop, targets: string) {
  const port = await freePort();
  const folder = join(at.folder, "prometheus");
  await mkdir(folder);
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [join(ROOT, "monitoring/prometheus/rules/*.yml")],
    scrape_configs: [
      {
        job_name: "framequeue",
        file_sd_configs: [{ files: [targets], refresh_interval: "1s" }],
      },
    ],
  };
  // JSON is YAML.
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
  const child: ChildProcess = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const exited = once(child, "exit");
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

test(
  "under load, promtool finds no fault with any service's metrics",
  { skip: withoutPrometheus },
  async () => {
    await using at = await openWorkshop();
    await using load = await openLoad(at);
    while (load.ended() < 2) await sleep(200);
    const targets = await load.targets();
    assert.deepEqual(targets.map(({ labels }) => labels.job).sort(), [
      "api",
      "decode",
      "enhance",
      "index",
      "infer",
      "ingest",
      "render",
      "track",
    ]);
    for (const {
      targets: [host],
      labels,
    } of targets) {
      assert.equal(await lint(`http://${host}/metrics`), "", labels.job);
    }
  },
);

test("under load, every panel of every dashboard has data", { skip: withoutChecker }, async () => {
  await using at = await openWorkshop();
  await using load = await openLoad(at);
  await using prometheus = await openPrometheus(at, load.file);
  while (load.ended() < 2) await sleep(200);
  const check = new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [
        ...[CHECKER, "--prometheus", prometheus.url, "--range", "60s", "--step", "1s"],
        ...["--scrape-interval", "1s", "--wait", "60", "--allow-empty", GPU_PANELS],
        ...globSync(join(ROOT, "monitoring/grafana/dashboards/*.json")),
      ],
      (error, stdout, stderr) => resolve(error === null ? "" : stdout + stderr),
    );
  });
  assert.equal(await check, "");
});
