import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { DASHBOARDS } from "./dashboards/dashboards.ts";
import { dashboardText, FOLDER } from "./dashboards/files.ts";
import { PROMETHEUS_RULES, prometheusRules } from "./prometheus-rules.ts";

const ROOT = resolve(import.meta.dirname, "..");
const RULES = join(ROOT, "monitoring/prometheus/rules");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const alerts = read("monitoring/prometheus/rules/alerts.yml");
const work = read("monitoring/prometheus/rules/work.yml");
const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);

/** Every metric that a service has of its own. */
const exported = new Set(
  globSync("{packages,services}/*/src/**/*.ts", { cwd: ROOT })
    .filter((path) => !path.endsWith(".test.ts"))
    .flatMap((path) => [...read(path).matchAll(/"(fq_[a-z_]+)"/g)].map(([, name]) => name!)),
);

const run = promisify(execFile);
/** Why what needs Prometheus' own tool is left out, or false where it is there. */
const withoutPromtool: string | false =
  spawnSync("promtool", ["--version"]).status === 0 ? false : "promtool is not installed";

test("Prometheus takes the rules", { skip: withoutPromtool }, async () => {
  await run("promtool", ["check", "rules", "work.yml", "alerts.yml"], { cwd: RULES });
});

test("the rules give what they should, alert by alert", { skip: withoutPromtool }, async () => {
  await run("promtool", ["test", "rules", "work.test.yaml", "alerts.test.yaml"], { cwd: RULES });
});

test("Prometheus takes its configurations", { skip: withoutPromtool }, async () => {
  // Not kubernetes.yml: distributions' promtool may be built without what finds pods.
  for (const file of ["prometheus.yml", "local.yml"]) {
    await run("promtool", ["check", "config", "--syntax-only", file], {
      cwd: join(ROOT, "monitoring/prometheus"),
    });
  }
});

const withoutAmtool: string | false =
  spawnSync("amtool", ["--version"]).status === 0 ? false : "amtool is not installed";

test("Alertmanager takes its configurations", { skip: withoutAmtool }, async () => {
  const files = globSync("monitoring/alertmanager/**/*.yml", { cwd: ROOT });
  assert.equal(files.length, 4);
  await run("amtool", ["check-config", ...files], { cwd: ROOT });
});

test("every alert has a case that fires, one that does not, and a runbook", () => {
  const cases = read("monitoring/prometheus/rules/alerts.test.yaml");
  const books = [...alerts.matchAll(/runbook_url: .*\{\{ end \}\}\/runbooks\/([a-z-]+)'/g)];
  assert.equal(books.length, names.length);
  for (const [, book] of books) {
    assert.ok(existsSync(join(ROOT, `docs/runbooks/${book}.md`)), book);
  }
  const table = read("docs/runbooks/README.md");
  for (const name of names) {
    assert.ok(cases.includes(`- name: ${name} fires\n`), `${name} has no case that fires`);
    assert.ok(cases.includes(`- name: ${name} stays quiet\n`), `${name} has no quiet case`);
    assert.ok(table.includes(`\`${name}\``), `${name} is not among the runbooks`);
  }
});

test("the dashboards are those that the generator makes", () => {
  for (const dashboard of DASHBOARDS) {
    assert.equal(
      readFileSync(join(FOLDER, `${dashboard.uid}.json`), "utf8"),
      dashboardText(dashboard),
      "node scripts/dashboards/main.ts makes them anew",
    );
  }
});

test("the operator's rules are those of Prometheus", () => {
  assert.equal(
    readFileSync(PROMETHEUS_RULES, "utf8"),
    prometheusRules(),
    "node scripts/prometheus-rules.ts makes them anew",
  );
});

test("every metric that rules and dashboards look at is one that a service has", () => {
  const recorded = new Set([...work.matchAll(/- record: (\S+)/g)].map(([, name]) => name!));
  const looked = [work, alerts, ...DASHBOARDS.map(dashboardText)].join("\n");
  for (const [name] of looked.matchAll(/\bfq_[a-z_]+/g)) {
    if (LATER.includes(name)) continue;
    const base = name.replace(/_(bucket|sum|count)$/, "");
    assert.ok(exported.has(name) || exported.has(base), `${name} is told by no service`);
  }
  for (const [name] of looked.matchAll(/\bfq:[a-z_]+(:[a-z0-9_]+)?/g)) {
    assert.ok(recorded.has(name), `${name} is recorded by no rule`);
  }
});

test("every metric is described", () => {
  const described = read("docs/observability.md");
  for (const name of exported) assert.ok(described.includes(`\`${name}\``), name);
});

/** Live sources count here once there are any; until then the rule takes 0. */
const LATER: readonly string[] = ["fq_live_frames_per_second"];
