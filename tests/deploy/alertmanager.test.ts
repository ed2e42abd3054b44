import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@framequeue/service/testing";
import { ROOT } from "./manifests.ts";
import { skip } from "./validator.ts";

const lacking =
  spawnSync("prometheus-alertmanager", ["--version"]).status === 0
    ? undefined
    : "SKIPPED: prometheus-alertmanager is not installed";

interface Notice {
  readonly path: string;
  readonly receiver: string;
  readonly alerts: readonly { readonly labels: Record<string, string> }[];
}

test(
  `who is named in the example is told, pages and tickets apart${lacking ? ` (${lacking})` : ""}`,
  skip(lacking),
  async () => {
    const notices: Notice[] = [];
    const pager = createServer((request, response) => {
      request
        .setEncoding("utf8")
        .toArray()
        .then(
          (parts) => {
            notices.push({ path: request.url, ...JSON.parse(parts.join("")) });
            response.end();
          },
          () => response.destroy(),
        );
    }).listen(0, "127.0.0.1");
    await once(pager, "listening");
    const { port: pagerPort } = pager.address() as AddressInfo;
    const folder = await mkdtemp(join(tmpdir(), "fq-alerts-"));
    const port = await freePort();
    const config = join(folder, "alertmanager.yml");
    const example = join(ROOT, "monitoring/alertmanager/examples/webhook.yml");
    await writeFile(
      config,
      (await readFile(example, "utf8"))
        .replaceAll(/http:\/\/(\w+)\.example\.com/g, `http://127.0.0.1:${pagerPort}/$1`)
        // For people who cannot wait.
        .replaceAll(/group_wait: \d+s/g, "group_wait: 1s"),
    );
    const alertmanager = spawn(
      "prometheus-alertmanager",
      [
        `--config.file=${config}`,
        `--storage.path=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--cluster.listen-address=",
        "--log.level=error",
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const exited = once(alertmanager, "exit");
    try {
      const url = `http://127.0.0.1:${port}`;
      while (!(await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) await sleep(50);
      const told = await readFile(join(ROOT, "docs/observability.md"), "utf8");
      const [, trial] = /-d '(\[\{"labels":[^']*)'/.exec(told)!;
      for (const body of [trial!, trial!.replace('"page"', '"ticket"')]) {
        const headers = { "content-type": "application/json" };
        const answer = await fetch(`${url}/api/v2/alerts`, { method: "POST", headers, body });
        assert.equal(answer.status, 200, await answer.text());
      }
      while (notices.length < 2) await sleep(50);
      const heard = notices.map(({ path, receiver, alerts }) => [
        ...[path, receiver, alerts[0]!.labels["severity"]],
      ]);
      assert.deepEqual(
        heard.toSorted(([a], [b]) => String(a).localeCompare(String(b))),
        [
          ["/pager/alerts", "page", "page"],
          ["/tickets/alerts", "ticket", "ticket"],
        ],
      );
    } finally {
      alertmanager.kill();
      await exited;
      pager.close();
      await rm(folder, { recursive: true });
    }
  },
);
