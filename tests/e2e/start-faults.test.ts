import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

// Each way in which a start can fail ends in a few plain lines that name the setting, and in 78.

const ROOT = resolve(import.meta.dirname, "../..");
const isRoot = process.getuid?.() === 0;

let folder: string;
const at = (path: string): string => join(folder, path);
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fq-faults-"));
  // For the other user.
  await chmod(folder, 0o755);
});
after(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Runs a script of this product until it ends, as the user that a folder is not for, or with few open files. */
async function run(
  args: readonly string[],
  env: Record<string, string>,
  around: readonly string[] = [],
): Promise<Ended> {
  const [program, ...rest] = [...around, "sh", join(ROOT, "scripts/run.sh"), ...args];
  const child = spawn(program!, rest, {
    env: {
      ...process.env,
      FQ_SKIP_SETUP: "1",
      FQ_DEFAULT_MODEL: "starter-detector",
      FQ_API_PORT: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

function isPlain({ code, said }: Ended, wanted: RegExp): void {
  assert.equal(code, 78, said);
  assert.match(said, wanted);
  assert.ok(said.trim().split("\n").length <= 3, said);
  assert.doesNotMatch(said, /^\s+at |node:|[A-Z]\w*Error\b|"level"/m);
}

const START = ["packages/cli/src/main.ts", "start"];

test("settings that cannot be used", async () => {
  await writeFile(at("file"), "");
  const long = at("a".repeat(100));
  const faults: [env: Record<string, string>, wanted: RegExp][] = [
    [{ FQ_DATA_DIR: at("file") }, /FQ_DATA_DIR: \S+ cannot be written: it is a file\. Set/],
    [{ FQ_DATA_DIR: at("file/x") }, /FQ_DATA_DIR: .* part of its path is a file/],
    [{ FQ_DATA_DIR: at("a".repeat(300)) }, /FQ_DATA_DIR: .* its name is too long/],
    [{ FQ_DATA_DIR: long }, /FQ_DATA_DIR: the path of Redis' socket.* bytes too long/],
    [{ FQ_DATA_DIR: at("d"), FQ_OBJECTS_DIR: at("file") }, /FQ_OBJECTS_DIR: .* it is a file/],
    [{ FQ_DATA_DIR: at("d"), FQ_FRAMES_DIR: at("file") }, /FQ_FRAMES_DIR: .* it is a file/],
    [{ FQ_DATA_DIR: at("d"), TMPDIR: at("none") }, /TMPDIR: .* there is no such/],
    [{ FQ_DATA_DIR: at("d"), FQ_LOG_LEVEL: "loud" }, /FQ_LOG_LEVEL: must be one of/],
  ];
  for (const [env, wanted] of faults) isPlain(await run(START, env), wanted);
});

test("a folder of another user, and one that can only be read", async () => {
  await mkdir(at("closed"));
  if (isRoot) {
    const other = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    for (const path of ["closed", "closed/data"]) {
      const ended = await run(START, { FQ_DATA_DIR: at(path), HOME: "/" }, other);
      isPlain(ended, /FQ_DATA_DIR: .* this user may not\. Give it to the user 65534, or set/);
    }
    await mkdir(at("disk"));
    const sh = promisify(execFile);
    await sh("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", at("disk")]);
    try {
      const ended = await run(START, { FQ_DATA_DIR: at("disk/data") });
      isPlain(ended, /FQ_DATA_DIR: .* the file system can only be read/);
    } finally {
      await sh("umount", [at("disk")]);
    }
  } else {
    await chmod(at("closed"), 0o500);
    const ended = await run(START, { FQ_DATA_DIR: at("closed/data") });
    isPlain(ended, /FQ_DATA_DIR: .* this user may not/);
  }
});

test("few open files", async () => {
  const few = ["sh", "-c", 'ulimit -n 40; exec "$@"', "few"];
  for (const args of [START, ["packages/cli/src/main.ts", "analyze", "x.mp4"]]) {
    isPlain(await run(args, { FQ_DATA_DIR: at("d") }, few), /^Only 40 files .*: ulimit -n 1024$/m);
  }
});

test("a port in use, under npm start and for a service alone; a Redis that is not there", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  try {
    const inUse =
      /Cannot listen on 127\.0\.0\.1:\d+: another program listens there\. Change FQ_API_HOST or FQ_API_PORT\./;
    const env = { FQ_DATA_DIR: at("d"), FQ_API_PORT: String(port) };
    isPlain(await run(START, env), inUse);
    isPlain(await run(["services/api/src/main.ts"], env), inUse);
    isPlain(
      await run(["services/api/src/main.ts"], { ...env, FQ_OBJECTS_DIR: at("file") }),
      /FQ_OBJECTS_DIR or FQ_DATA_DIR: .* it is a file/,
    );
  } finally {
    taken.close();
  }
  const away = { FQ_DATA_DIR: at("d"), REDIS_URL: `redis://127.0.0.1:${port}` };
  isPlain(
    await run(START, away),
    /REDIS_URL: the server \S+ does not answer: .* Start it, or unset/,
  );
});
