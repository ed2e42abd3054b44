import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, openAsBlob } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { writeClip } from "./clip.ts";
import { freePort } from "@framequeue/service/testing";
import { launch, openWorkshop, ROOT, type Workshop, untilReady } from "./product.ts";

const run = promisify(execFile);
const CHECKER = join(ROOT, "../shared/tools/check-dashboard.mjs");
/** Panels that are rightly empty on a machine without one. */
const GPU_PANELS = "^GPU (use|memory|power)$";

const lacking = ["prometheus", "promtool"].find(
  (program) => spawnSync(program, ["--version"]).status !== 0,
);
const withoutPrometheus = lacking === undefined ? false : `${lacking} is not installed`;
const withoutAlertmanager =
  spawnSync("prometheus-alertmanager", ["--version"]).status === 0
    ? withoutPrometheus
    : "prometheus-alertmanager is not installed";
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
  await untilReady(child);
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
    async processOf(service: string): Promise<number> {
      const entry = `services/${service}/src/main.ts`;
      const { stdout } = await run("pgrep", ["-P", String(child.pid), "-f", entry]);
      return Number(stdout);
    },
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

async function openPrometheus(
  at: Workshop,
  targets: string,
  { rules = join(ROOT, "monitoring/prometheus/rules/*.yml"), alertmanager = "" } = {},
) {
  const port = await freePort();
  const folder = join(at.folder, "prometheus");
  await mkdir(folder);
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [rules],
    alerting:
      alertmanager === ""
        ? {}
        : { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager).host] }] }] },
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

/** The project's own rules, for people who cannot wait: seconds instead of minutes. */
async function hastyRules(at: Workshop): Promise<string> {
  const folder = join(at.folder, "rules");
  await mkdir(folder);
  const read = (name: string): Promise<string> =>
    readFile(join(ROOT, "monitoring/prometheus/rules", name), "utf8");
  await writeFile(
    join(folder, "work.yml"),
    (await read("work.yml")).replaceAll(/interval: \d+s/g, "interval: 1s"),
  );
  await writeFile(
    join(folder, "alerts.yml"),
    (await read("alerts.yml"))
      .replaceAll(/for: \d+m/g, "for: 1s")
      .replace("_seconds) > 600", "_seconds) > 5"),
  );
  return join(folder, "*.yml");
}

/** Waits until a server is ready to be asked. */
async function isUp(url: string): Promise<boolean> {
  while (!(await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) await sleep(100);
  return true;
}

async function openAlertmanager(at: Workshop) {
  const port = await freePort();
  const folder = join(at.folder, "alertmanager");
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${join(ROOT, "monitoring/alertmanager/alertmanager.yml")}`,
      `--storage.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    /** Names of the alerts that fire, with the process where they are about one. */
    async firing(): Promise<string[]> {
      const answer = await fetch(`${url}/api/v2/alerts?active=true`).catch(() => undefined);
      if (answer?.ok !== true) return [];
      const alerts = (await answer.json()) as { labels: Record<string, string> }[];
      return alerts.map(({ labels }) =>
        [labels["alertname"], labels["instance"]].filter(Boolean).join(" "),
      );
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

test(
  "a worker that stops and the jobs that it keeps waiting reach Alertmanager, and go when it goes on",
  { skip: withoutAlertmanager },
  async () => {
    await using at = await openWorkshop();
    await using load = await openLoad(at);
    await using alertmanager = await openAlertmanager(at);
    await using prometheus = await openPrometheus(at, load.file, {
      rules: await hastyRules(at),
      alertmanager: alertmanager.url,
    });
    assert.ok(await isUp(prometheus.url));
    const wanted = ["FqServiceDown infer", "FqJobStuck"];
    const fires = async (): Promise<string[]> => {
      const firing = await alertmanager.firing();
      return wanted.filter((alert) => firing.includes(alert));
    };
    while (load.ended() < 1) await sleep(200);
    const infer = await load.processOf("infer");
    process.kill(infer, "SIGSTOP");
    try {
      while ((await fires()).length < wanted.length) await sleep(200);
    } finally {
      process.kill(infer, "SIGCONT");
    }
    while ((await fires()).length > 0) await sleep(200);
  },
);
