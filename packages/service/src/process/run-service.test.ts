import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const EXAMPLE = fileURLToPath(new URL("../testing/example-service.ts", import.meta.url));

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly health?: string;
  readonly logLevel?: string;
  readonly err?: { readonly message: string };
}

/** Runs the example; `log` and `out` grow as it writes, and `until` waits for one of them. */
function run(env: Record<string, string>, ipc = false) {
  const child: ChildProcess = spawn(process.execPath, [EXAMPLE], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", ...(ipc ? (["ipc"] as const) : [])],
  });
  const out: string[] = [];
  const errors: string[] = [];
  const grown = new EventTarget();
  const collect = (stream: ChildProcess["stdout"], into: string[]): Promise<unknown> => {
    const lines = createInterface({ input: stream! }).on("line", (line) => {
      into.push(line);
      grown.dispatchEvent(new Event("line"));
    });
    return once(lines, "close");
  };
  // Not the child's own "close" event: it does not come after disconnect().
  const closed = Promise.all([
    once(child, "exit"),
    collect(child.stdout, out),
    collect(child.stderr, errors),
  ]).then(([[code]]) => code as number | null);
  const log = (): Line[] => errors.map((line) => JSON.parse(line) as Line);
  return {
    child,
    out,
    errors,
    log,
    closed,
    async until<T>(find: () => T | undefined): Promise<T> {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        await once(grown, "line");
      }
    },
  };
}

const started = (service: ReturnType<typeof run>): Promise<string> =>
  service.until(() => service.log().find(({ msg }) => msg === "started")?.health);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal}: stopped with the deadline, released in reverse, exit code 0`, async () => {
    const service = run({ FQ_DRAIN_TIMEOUT_MS: "1234" });
    const url = await started(service);
    assert.equal((await fetch(`${url}/healthz/ready`)).status, 200);
    service.child.kill(signal);
    assert.equal(await service.closed, 0);
    assert.deepEqual(service.out, ["running", "stop 1234", "released second", "released first"]);
    assert.equal(service.log().at(-1)?.msg, "stopped");
  });
}

test("a wrong configuration is printed plainly and ends with 78", async () => {
  const service = run({ FQ_FAULT: "other", FQ_SITE: "A" });
  assert.equal(await service.closed, 78);
  assert.deepEqual(service.errors, [
    "example: the configuration is not valid",
    '  FQ_SITE: must be 1 to 40 lower-case letters, digits and dashes, but is "A"',
    '  FQ_FAULT: must be one of none, start, hang, rejection, stop, but is "other"',
  ]);
});

test("a start that fails releases what it had opened and ends with 1", async () => {
  const service = run({ FQ_FAULT: "start" });
  assert.equal(await service.closed, 1);
  assert.deepEqual(service.out, ["released second", "released first"]);
  assert.deepEqual(
    service.log().map(({ level, err }) => [level, err?.message]),
    [["fatal", "no disk"]],
  );
});

test("a start that waits can be stopped", async () => {
  const service = run({ FQ_FAULT: "hang" });
  await service.until(() => service.out.find((line) => line === "starting"));
  service.child.kill("SIGTERM");
  assert.equal(await service.closed, 0);
  assert.deepEqual(service.out, ["starting", "released second", "released first"]);
});

test("not ready while it stops; a second signal ends it at once", async () => {
  const service = run({ FQ_FAULT: "stop" });
  const url = await started(service);
  service.child.kill("SIGTERM");
  await service.until(() => service.out.find((line) => line.startsWith("stop")));
  assert.equal((await fetch(`${url}/healthz/ready`)).status, 503);
  assert.equal((await fetch(`${url}/healthz/live`)).status, 200);
  service.child.kill("SIGTERM");
  assert.equal(await service.closed, 143);
});

test("an unhandled rejection is logged and ends with 1", async () => {
  const service = run({ FQ_FAULT: "rejection" });
  assert.equal(await service.closed, 1);
  assert.equal(service.log().find(({ level }) => level === "fatal")?.err?.message, "lost await");
});

test("SIGUSR2 switches the log to debug and back", async () => {
  const service = run({ FQ_LOG_LEVEL: "info" });
  await started(service);
  const switched = (n: number) => () => {
    const lines = service.log().filter(({ msg }) => msg === "the log level was switched");
    return lines.length === n ? lines.map(({ logLevel }) => logLevel) : undefined;
  };
  service.child.kill("SIGUSR2");
  assert.deepEqual(await service.until(switched(1)), ["debug"]);
  service.child.kill("SIGUSR2");
  assert.deepEqual(await service.until(switched(2)), ["debug", "info"]);
  service.child.kill("SIGTERM");
  assert.equal(await service.closed, 0);
});

test("it stops when its parent lets go of the IPC channel", async () => {
  const service = run({}, true);
  await started(service);
  service.child.disconnect();
  assert.equal(await service.closed, 0);
  assert.equal(service.log().at(-1)?.msg, "stopped");
});

test("a metrics port that is taken is said plainly", async () => {
  const first = run({});
  const { port } = new URL(await started(first));
  const second = run({ FQ_METRICS_PORT: port });
  assert.equal(await second.closed, 78);
  assert.deepEqual(second.errors, [
    "example: the configuration is not valid",
    `  Cannot listen on 127.0.0.1:${port}: another program listens there. Change FQ_METRICS_HOST or FQ_METRICS_PORT.`,
  ]);
  first.child.kill();
  assert.equal(await first.closed, 0);
});
