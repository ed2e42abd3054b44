import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { freePort } from "@framequeue/service/testing";
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
        env: { ...process.env, HOME: scratch, FQ_SCRATCH_DIR: scratch, HOSTNAME: host },
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

test(
  `what is no container's stays on the disk that they share${noFlock ? ` (${noFlock})` : ""}`,
  skip(noFlock),
  async () => {
    const above = await mkdtemp(join(tmpdir(), "fq-scratch-"));
    const scratch = join(above, "scratch");
    const put = async (path: string): Promise<string> => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, "precious");
      return path;
    };
    try {
      const left = await Promise.all(
        ["scratch/photos/beach.jpg", "scratch/locked/.lock", "linked/.lock"].map((name) =>
          put(join(above, name)),
        ),
      );
      left.push(await put(join(above, "linked/.framequeue-scratch")));
      await symlink(join(above, "linked"), join(scratch, "link"));
      await symlink(join(above, "linked"), join(scratch, "0123456789ab"));
      const former = dirname(await put(join(scratch, "ba9876543210/.lock")));
      const result = spawnSync(join(ROOT, "docker/entrypoint.sh"), ["true"], {
        env: { ...process.env, HOME: above, FQ_SCRATCH_DIR: scratch, HOSTNAME: "new" },
        encoding: "utf8",
      });
      assert.deepEqual([result.status, result.stderr], [0, ""]);
      for (const path of left) assert.equal(await readFile(path, "utf8"), "precious", path);
      assert.ok(!existsSync(former), "an older version's container, which is gone");
    } finally {
      await rm(above, { recursive: true });
    }
  },
);

const noBash = spawnSync("bash", ["--version"]).error
  ? "SKIPPED: bash is not installed"
  : undefined;

test(
  `a container's service that is stopped is ended by its health check${noBash ? ` (${noBash})` : ""}`,
  skip(noBash),
  async () => {
    const home = await mkdtemp(join(tmpdir(), "fq-health-"));
    const port = await freePort();
    const env = { ...process.env, HOME: home, FQ_METRICS_PORT: String(port), FQ_SCRATCH_DIR: "" };
    // It says that it takes no work, which is an answer.
    const script = `require("http").createServer((_, r) => r.writeHead(503).end())
      .listen(${port}, "127.0.0.1", () => console.log("ready"))`;
    const service = spawn(
      join(ROOT, "docker/entrypoint.sh"),
      [process.execPath, "--input-type=commonjs", "-e", script],
      { env, stdio: ["ignore", "pipe", "inherit"] },
    );
    const check = async (): Promise<number | null> =>
      (await once(spawn(join(ROOT, "docker/healthcheck.sh"), { env, stdio: "ignore" }), "exit"))[0];
    const silences = async (): Promise<number> =>
      Number((await readFile(join(home, ".framequeue-watch"), "utf8")).split(" ")[1]);
    try {
      await once(createInterface({ input: service.stdout }), "line");
      assert.equal(await check(), 1);
      assert.equal(await silences(), 0);
      // As if eleven checks had passed, of two seconds each.
      await writeFile(join(home, ".framequeue-watch"), `${service.pid} 10\n`);
      service.kill("SIGSTOP");
      assert.equal(await check(), 1);
      assert.equal(await silences(), 11);
      service.kill("SIGCONT");
      assert.equal(await check(), 1);
      assert.equal(await silences(), 0, "it has answered again");
      service.kill("SIGSTOP");
      await writeFile(join(home, ".framequeue-watch"), `${service.pid} 11\n`);
      const exited = once(service, "exit");
      await check();
      assert.deepEqual(await exited, [null, "SIGKILL"]);
    } finally {
      service.kill("SIGKILL");
      await rm(home, { recursive: true });
    }
  },
);
