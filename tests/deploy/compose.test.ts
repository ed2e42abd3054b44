import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { parse } from "yaml";
import { ROOT } from "./manifests.ts";
import { skip } from "./validator.ts";

interface Service {
  readonly command?: string | readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly deploy?: { readonly resources?: { readonly reservations?: { devices?: object[] } } };
}
interface Stack {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, object>>;
}

const file = readFileSync(join(ROOT, "docker-compose.yml"), "utf8");
const stack = parse(file, { merge: true }) as Stack;
const services = Object.entries(stack.services);
const told = readFileSync(join(ROOT, "docs/compose.md"), "utf8");

test("every volume has a name, so that down and up leave no others behind", () => {
  for (const [name, { volumes = [] }] of services) {
    for (const volume of volumes) {
      // `${NAME:-default}` is one word here.
      const [source, target] = volume.replace(/\$\{\w+:-([^}]*)\}/g, "$1").split(":");
      assert.ok(target?.startsWith("/"), `${name}: ${volume} has no name`);
      const isNamed = Object.hasOwn(stack.volumes, source!);
      assert.ok(isNamed || existsSync(join(ROOT, source!)), `${name}: there is no ${source}`);
    }
  }
});

test("every port can be changed, is for this machine alone, and is told", () => {
  const ports = services.flatMap(([, { ports: published = [] }]) => published);
  assert.equal(ports.length, 4);
  for (const port of ports) {
    const [, variable] = /^\$\{(\w+):-127\.0\.0\.1:\d+\}:\d+$/.exec(port) ?? [];
    assert.ok(variable, port);
    assert.ok(told.includes(`\`${variable}\``), `docs/compose.md does not tell of ${variable}`);
  }
});

test("every variable that is taken from the shell is told", () => {
  for (const [, variable] of file.matchAll(/\$\{(\w+)/g)) {
    if (variable!.startsWith("FQ_S3_") || variable === "FQ_OBJECT_STORE") continue;
    assert.ok(told.includes(`\`${variable}\``), `docs/compose.md does not tell of ${variable}`);
  }
});

test("a card is for a service that says what it runs on", () => {
  for (const [name, { command, deploy }] of services) {
    if (deploy?.resources?.reservations?.devices === undefined) continue;
    const config = readFileSync(join(ROOT, "services", command![0]!, "src/config.ts"), "utf8");
    assert.match(config, /\bFQ_PROVIDERS\b/, name);
  }
});

const noFlock = spawnSync("flock", ["--version"]).error
  ? "SKIPPED: flock is not installed"
  : undefined;

test(
  `containers that are gone leave nothing on the disk that they share${noFlock ? ` (${noFlock})` : ""}`,
  skip(noFlock),
  async () => {
    const scratch = await mkdtemp(join(tmpdir(), "fq-scratch-"));
    /** A container: a process that waits, with a file in its own folder. */
    const enter = async (host: string): Promise<ChildProcess> => {
      const script = 'touch "$TMPDIR/large"; echo ready; exec cat';
      const child = spawn(join(ROOT, "docker/entrypoint.sh"), ["sh", "-c", script], {
        env: { ...process.env, FQ_SCRATCH_DIR: scratch, HOSTNAME: host },
        stdio: ["pipe", "pipe", "inherit"],
      });
      await once(createInterface({ input: child.stdout }), "line");
      return child;
    };
    const kill = async (child: ChildProcess): Promise<void> => {
      child.kill("SIGKILL");
      await once(child, "exit");
    };
    const folders = async (): Promise<string[]> =>
      (await readdir(scratch)).filter((name) => !name.startsWith(".")).toSorted();
    const living: ChildProcess[] = [];
    try {
      const first = await enter("first");
      living.push(await enter("second"));
      assert.deepEqual(await folders(), ["first", "second"]);
      await kill(first);
      living.push(await enter("third"));
      assert.deepEqual(await folders(), ["second", "third"]);
      assert.ok(existsSync(join(scratch, "second/large")), "who lives keeps what it has");
      // A container that is started again has its folder again.
      await kill(living.shift()!);
      living.push(await enter("second"));
      assert.deepEqual(await folders(), ["second", "third"]);
      assert.ok(existsSync(join(scratch, "second/large")));
    } finally {
      for (const child of living) await kill(child);
      await rm(scratch, { recursive: true });
    }
  },
);
