import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import test, { type TestContext } from "node:test";

/** Programs of the real machine that the script may use; everything else is made up here. */
const REAL =
  "cat chmod cmp env find grep ln mkdir mktemp mv ps readlink rm sed sh sleep touch uname".split(
    " ",
  );

const FFMPEG = (version: string): string => `echo "ffmpeg version ${version} Copyright"`;
const REDIS = (version: string): string => `echo "Redis server v=${version} sha=0 bits=64"`;
const NODE = (major: number): string =>
  `if [ "$1" = -p ]; then echo ${major}; else echo v${major}.0.0; fi`;
/** Stands for npm and the pnpm it runs: makes what the script looks for. */
const NPM = `
echo "$*" >>"$LOG"
mkdir -p node_modules/node-x/bin packages/one/node_modules
printf '#!/bin/sh\\necho v24\\n' >node_modules/node-x/bin/node
chmod +x node_modules/node-x/bin/node`;

const COMPLETE: Readonly<Record<string, string>> = {
  ffmpeg: FFMPEG("5.1.9-0+deb12u1"),
  ffprobe: FFMPEG("5.1.9-0+deb12u1").replace("ffmpeg", "ffprobe"),
  "redis-server": REDIS("7.0.15"),
  node: NODE(20),
  npm: NPM,
  id: "echo 0",
};

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A made-up machine and a repository on it, in a folder with a space in its name. */
class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), "fq-setup-"));
  readonly root = join(this.folder, "my work");
  private readonly bin = join(this.folder, "bin");
  private readonly log = join(this.folder, "log");

  constructor(t: TestContext, programs: Readonly<Record<string, string>>) {
    t.after(() => rmSync(this.folder, { recursive: true }));
    for (const folder of [
      "bin",
      "tmp",
      "my work/scripts",
      "my work/packages/one",
      "my work/services/two",
    ]) {
      mkdirSync(join(this.folder, folder), { recursive: true });
    }
    const path = (process.env["PATH"] ?? "").split(delimiter);
    for (const name of REAL) {
      const found = path.map((entry) => join(entry, name)).find((file) => existsSync(file));
      if (found !== undefined) symlinkSync(found, join(this.bin, name));
    }
    for (const [name, body] of Object.entries(programs)) this.program(name, body);
    for (const script of ["setup.sh", "run.sh"]) {
      cpSync(join(import.meta.dirname, script), join(this.root, "scripts", script));
    }
    for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"])
      this.write(file, "{}");
    this.write("packages/one/package.json", "{}");
    this.write("services/two/package.json", "{}");
  }

  program(name: string, body: string): void {
    // Never through a link: it may lead to the real machine's program.
    this.without(name);
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${body}\n`, { flag: "wx", mode: 0o755 });
  }

  without(name: string): void {
    rmSync(join(this.bin, name), { force: true });
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.root, file), content);
  }

  /** The calls of npm and apt-get so far. */
  calls(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
  }

  setUp(env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.run(["scripts/setup.sh"], this.root, env);
  }

  async run(
    args: string[],
    cwd: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const child = spawn("sh", args, {
      cwd,
      env: {
        PATH: this.bin,
        HOME: this.folder,
        TMPDIR: join(this.folder, "tmp"),
        LOG: this.log,
        BIN: this.bin,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const streams = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await once(child, "exit")) as [number | null];
    const [stdout, stderr] = await streams;
    assert.deepEqual(readdirSync(join(this.folder, "tmp")), []);
    return { code, stdout, stderr };
  }
}

function assertFails(outcome: Outcome, sentence: RegExp): void {
  assert.equal(outcome.code, 1, outcome.stderr);
  assert.equal(outcome.stdout, "");
  assert.match(outcome.stderr, sentence);
}

test("what is missing comes once, then the script is silent", async (t) => {
  const machine = new Machine(t, COMPLETE);
  const first = await machine.setUp();
  assert.deepEqual({ ...first, stderr: "" }, { code: 0, stdout: "", stderr: "" });
  assert.match(first.stderr, /^framequeue: installing Node 24 and the packages \(pnpm [\d.]+\)\n$/);
  assert.match(machine.calls()[0]!, /pnpm install --frozen-lockfile/);
  assert.deepEqual(await machine.setUp(), { code: 0, stdout: "", stderr: "" });
  assert.equal(machine.calls().length, 1);
});

test("a change of lockfile, package, platform or packages on disk installs again", async (t) => {
  const machine = new Machine(t, COMPLETE);
  await machine.setUp();
  const changes: (() => void)[] = [
    () => machine.write("pnpm-lock.yaml", "changed"),
    () => machine.write("packages/one/package.json", '{"name":"changed"}'),
    () => rmSync(join(machine.root, "node_modules/node-x"), { recursive: true }),
    () => rmSync(join(machine.root, "packages/one/node_modules"), { recursive: true }),
    () => machine.program("uname", "echo Other cpu"),
  ];
  for (const [index, change] of changes.entries()) {
    change();
    assert.equal((await machine.setUp()).code, 0);
    assert.equal(machine.calls().length, index + 2);
    assert.equal((await machine.setUp()).stderr, "");
  }
});

test("packages of another platform are cleared away first", async (t) => {
  const machine = new Machine(t, COMPLETE);
  await machine.setUp();
  machine.write("node_modules/foreign", "");
  machine.program("uname", "echo Other cpu");
  await machine.setUp();
  assert.equal(existsSync(join(machine.root, "node_modules/foreign")), false);
});

test("npm runs without the workspace's programs on its path", async (t) => {
  const machine = new Machine(t, { ...COMPLETE, npm: `${NPM}\necho "$PATH" >>"$LOG"` });
  const own = join(machine.root, "node_modules/.bin");
  await machine.setUp({ PATH: `${own}:${join(machine.folder, "bin")}` });
  assert.equal(machine.calls()[1], join(machine.folder, "bin"));
});

test("no npm, and a Node too old for it", async (t) => {
  const machine = new Machine(t, COMPLETE);
  machine.program("node", NODE(16));
  assertFails(await machine.setUp(), /Node is v16.0.0 here .* needs Node 18 or later/);
  machine.without("npm");
  assertFails(await machine.setUp(), /npm is missing/);
});

test("a failed installation shows pnpm's words and keeps nothing", async (t) => {
  const machine = new Machine(t, { ...COMPLETE, npm: "echo ERR_PNPM_OUTDATED_LOCKFILE; exit 1" });
  assertFails(
    await machine.setUp(),
    /^ERR_PNPM_OUTDATED_LOCKFILE\nframequeue: .*pnpm's own words/m,
  );
  machine.program("npm", "echo npm error code ENOTFOUND; exit 1");
  assertFails(await machine.setUp(), /the network did not answer/);
  machine.program("npm", NPM);
  assert.equal((await machine.setUp()).code, 0);
});

const APT = `
echo "$*" >>"$LOG"
case "$*" in
  *update*) touch "$BIN/updated" ;;
  *) [ -e "$BIN/updated" ] || { echo "E: Unable to locate package"; exit 100; }
    for name in ffmpeg ffprobe redis-server; do ln -s "$BIN/real-$name" "$BIN/$name"; done ;;
esac`;

function withApt(t: TestContext, programs: Readonly<Record<string, string>>): Machine {
  const { ffmpeg, ffprobe, "redis-server": redis, ...rest } = COMPLETE;
  const real = { "real-ffmpeg": ffmpeg!, "real-ffprobe": ffprobe!, "real-redis-server": redis! };
  return new Machine(t, {
    ...rest,
    ...real,
    "apt-get": APT,
    uname: "echo Linux x86_64",
    ...programs,
  });
}

test("apt-get as root, its lists fetched when it knows no packages", async (t) => {
  const machine = withApt(t, {});
  const { code, stdout, stderr } = await machine.setUp();
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /^framequeue: installing ffmpeg .*redis-server.* \(apt-get\)\n/);
  assert.doesNotMatch(stderr, /Unable to locate/);
  const apt = machine.calls().slice(0, 3);
  assert.deepEqual(
    apt.map((call) => /\b(install|update)\b/.exec(call)?.[0]),
    ["install", "update", "install"],
  );
});

test("sudo where it asks nothing; else the command to type", async (t) => {
  const machine = withApt(t, { id: "echo 1000" });
  assertFails(
    await machine.setUp(),
    /lacks ffmpeg and redis-server.* Let root run: apt-get install ffmpeg/,
  );
  machine.program("sudo", "exit 1");
  assertFails(await machine.setUp(), /sudo wants a password. Run: sudo apt-get install ffmpeg/);
  machine.program("sudo", 'if [ "$1" = -n ]; then shift; fi; "$@"');
  machine.program("true", "exit 0");
  const { code, stderr } = await machine.setUp();
  assert.equal(code, 0, stderr);
});

test("apt-get's own words where it fails", async (t) => {
  const machine = withApt(t, { "apt-get": "echo E: no space left; exit 100" });
  assertFails(
    await machine.setUp(),
    /^E: no space left\nframequeue: apt-get could not install ffmpeg/m,
  );
});

test("other systems are told what to install", async (t) => {
  const machine = withApt(t, { uname: "echo Linux x86_64" });
  machine.without("apt-get");
  assertFails(
    await machine.setUp(),
    /lacks ffmpeg and redis-server. Install ffmpeg 5.1 or later and redis-server 6.2/,
  );
});

test("versions that are too old", async (t) => {
  const machine = new Machine(t, { ...COMPLETE, "redis-server": REDIS("6.0.16") });
  assertFails(await machine.setUp(), /redis-server is 6.0.16 here .* needs 6.2 or later/);
  machine.program("redis-server", REDIS("6.2.0"));
  machine.program("ffmpeg", FFMPEG("4.4.2-0ubuntu0.22.04.1"));
  assertFails(await machine.setUp(), /ffmpeg is 4.4.2 here .* needs 5.1 or later/);
  for (const version of ["n7.1", "N-118000-gabc", "git-2026-01-01", "10.0"]) {
    machine.program("ffmpeg", FFMPEG(version));
    assert.equal((await machine.setUp()).code, 0, version);
    rmSync(join(machine.root, "node_modules/.framequeue-tools"));
  }
});

test("of two set-ups at once one installs", async (t) => {
  const machine = new Machine(t, { ...COMPLETE, npm: `sleep 0.2\n${NPM}` });
  const outcomes = await Promise.all([machine.setUp(), machine.setUp(), machine.setUp()]);
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    [0, 0, 0],
  );
  assert.equal(machine.calls().length, 1);
});

test("a lock whose holder died is taken over", async (t) => {
  const machine = new Machine(t, COMPLETE);
  mkdirSync(join(machine.root, "node_modules"));
  const dead = spawn("true");
  await once(dead, "exit");
  symlinkSync(String(dead.pid), join(machine.root, "node_modules/.framequeue-lock"));
  assert.equal((await machine.setUp()).code, 0);
  assert.deepEqual(
    readdirSync(join(machine.root, "node_modules")).filter((name) => name.includes("lock")),
    [],
  );
});

test("FQ_SKIP_SETUP=1 skips everything", async (t) => {
  const machine = new Machine(t, {});
  assert.deepEqual(await machine.setUp({ FQ_SKIP_SETUP: "1" }), {
    code: 0,
    stdout: "",
    stderr: "",
  });
});
