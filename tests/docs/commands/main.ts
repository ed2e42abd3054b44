import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { endProcesses, processesLeft } from "@framequeue/lifetime/testing";
import { freePort } from "@framequeue/service/testing";
import { allCommands } from "./documents.ts";
import { type Plan, planOf } from "./plans.ts";

const USAGE = `Usage: npm run check:docs -- [--only TEXT] [--models DIR] [--list]

Runs the commands of README and docs in a fresh clone of what is committed, as they stand there, and prints a table of
them with their exit codes. Which are not run, and why, stands in tests/docs/commands/plans.ts.

  --only TEXT    those that hold the text, or whose document does
  --models DIR   files of the catalogue's models, for a machine without a network
  --list         says what would be done, and does nothing
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    models: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const ROOT = resolve(import.meta.dirname, "../../..");
const MOST_SECONDS = 600;
/** What a command that is told to end may answer; onnxruntime aborts where its threads work as the process exits. */
const ENDED = [0, 1, 130, 143, "SIGABRT"];

await runCommand(({ signal }) => main(signal), { stopped: () => new Error("Stopped.") });

async function main(signal: AbortSignal): Promise<number> {
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const chosen = allCommands(ROOT)
    .map((command) => ({ ...command, plan: planOf(command.text) ?? { not: "NOBODY SAID" } }))
    .filter(({ document, text }) => document.includes(values.only) || text.includes(values.only));
  if (values.list) {
    for (const { document, text, plan } of chosen) {
      row("not" in plan ? "-" : "run", document, text, "not" in plan ? plan.not : "");
    }
    return 0;
  }
  await sweepTempFolders();
  await using folder = await openTempFolder("docs");
  const clone = await openClone(folder.path, signal);
  let wrong = 0;
  for (const { document, text, plan } of chosen) {
    signal.throwIfAborted();
    if ("not" in plan) {
      row("-", document, text, plan.not);
      continue;
    }
    const { code, remark, output } = await clone.run(text, plan);
    const isRight = remark === "" || remark.startsWith("ended");
    row(String(code), document, text, remark);
    if (!isRight) {
      wrong++;
      process.stderr.write(`${output.slice(-2_000)}\n`);
    }
  }
  await clone.stop();
  process.stdout.write(`${wrong} of ${chosen.length} commands are wrong\n`);
  return wrong === 0 ? 0 : 1;
}

function row(code: string, document: string, text: string, remark: string): void {
  const [first = "", ...more] = text.split("\n");
  const command = more.length > 0 ? `${first} …` : first;
  process.stdout.write(
    `${code.padStart(4)}  ${document}: ${command}${remark && `  (${remark})`}\n`,
  );
}

/** A clone as a newcomer has it, with the machine's own programs and none of this environment's settings. */
async function openClone(folder: string, signal: AbortSignal) {
  const path = join(folder, "framequeue");
  const temporary = join(folder, "t");
  mkdirSync(temporary);
  // Answers that are no success count as such, which curl's exit code does not tell by itself.
  writeFileSync(join(folder, ".curlrc"), "fail-with-body\nsilent\nshow-error\n");
  const port = String(await freePort());
  const env: NodeJS.ProcessEnv = {
    PATH: (process.env["PATH"] ?? "")
      .split(":")
      .filter((entry) => !entry.includes("node_modules"))
      .join(":"),
    HOME: process.env["HOME"],
    LANG: process.env["LANG"],
    CURL_HOME: folder,
    TMPDIR: temporary,
    CLONE: path,
    PORT: String(await freePort()),
    FQ_API_URL: `http://localhost:${port}`,
    ...proxies(),
  };
  const marker = `TMPDIR=${temporary}`;
  const shell = (script: string, cwd = path): ChildProcess =>
    spawn("bash", ["-c", script], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let system: ChildProcess | undefined;

  async function prepare(script: string, cwd = path): Promise<void> {
    const { code, output } = await ending(shell(script, cwd), MOST_SECONDS);
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`${script} ends with ${code}:\n${output.slice(-2_000)}`);
  }

  /** Runs until it ends or the seconds are over; then as Ctrl-C of its terminal. */
  async function ending(child: ChildProcess, seconds: number) {
    let output = "";
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    let isEnded = false;
    const end = (): void => {
      isEnded = true;
      try {
        process.kill(-child.pid!, "SIGINT");
      } catch {
        // it has ended by itself just now
      }
    };
    const timer = setTimeout(end, seconds * 1_000);
    signal.addEventListener("abort", end, { once: true });
    const [code, killedBy] = (await once(child, "close")) as [number | null, string | null];
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    return { code: code ?? killedBy, output, isEnded };
  }

  async function startSystem(): Promise<void> {
    if (system !== undefined) return;
    const settings = `FQ_API_PORT=${port} FQ_SOURCE_ROOTS='${path}/videos' FQ_DATA_DIR='${folder}/system'`;
    system = shell(
      `mkdir -p '${folder}/system'; cp -r data/models '${folder}/system'; exec env ${settings} npm start`,
    );
    let said = "";
    system.stdout!.setEncoding("utf8").on("data", (text: string) => (said += text));
    system.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
    while (!said.includes("Framequeue is ready")) {
      await Promise.race([once(system.stdout!, "data"), once(system, "exit")]);
      if (system.exitCode !== null) throw new Error(`npm start ended:\n${said}`);
    }
  }

  async function stop(): Promise<void> {
    if (system !== undefined && system.exitCode === null) {
      const gone = once(system, "exit");
      process.kill(-system.pid!, "SIGINT");
      await gone;
    }
    system = undefined;
  }

  await prepare(`git clone --quiet '${ROOT}' '${path}'`, folder);
  await prepare("npm run demo -- --seconds 2 --no-video --out first");
  const models =
    values.models === undefined
      ? ""
      : `'${resolve(process.env["INIT_CWD"] ?? ".", values.models)}'`;
  await prepare(`sh scripts/run.sh tests/docs/commands/fixtures.ts '${path}' ${models}`);

  return {
    async run(text: string, plan: Exclude<Plan, { not: string }>) {
      const { before = "", with: words = {}, seconds = MOST_SECONDS, exits = 0 } = plan;
      if (plan.system) await startSystem();
      let command = text;
      for (const [word, stands] of Object.entries(words)) command = command.replace(word, stands);
      const script = `set -eo pipefail\n${before}\ntrue\n${command}`.replaceAll(
        "localhost:8080",
        `localhost:${port}`,
      );
      const held = (await processesLeft(marker, 0)).map(({ pid }) => pid);
      const { code, output, isEnded } = await ending(shell(script), seconds);
      const left = await leftBy(marker, held);
      endProcesses(left);
      const remark =
        left.length > 0
          ? `LEFT ${left.map((each) => each.command).join("; ")}`
          : isEnded && plan.seconds !== undefined && code !== null && ENDED.includes(code)
            ? `ended after ${seconds} s`
            : code === exits
              ? ""
              : "WRONG";
      return { code, output, remark };
    },
    stop,
  };
}

/** What a command left running; what ran before it is not its own. */
async function leftBy(marker: string, held: readonly number[]) {
  const patient = performance.now() + 10_000;
  for (;;) {
    const left = (await processesLeft(marker, 0)).filter(({ pid }) => !held.includes(pid));
    if (left.length === 0 || performance.now() > patient) return left;
    await new Promise((done) => setTimeout(done, 100));
  }
}

function proxies(): NodeJS.ProcessEnv {
  const names = /^(?:https?_proxy|no_proxy|npm_config_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
}
