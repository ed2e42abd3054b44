import { resolve } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import { runCommand } from "@framequeue/lifetime";
import { ConfigError, fileReason } from "@framequeue/service";
import { analyze } from "./commands/analyze.ts";
import { demo } from "./commands/demo.ts";
import { createDownloadLine } from "./text/download-line.ts";
import { evaluate } from "./commands/eval.ts";
import { models } from "./commands/models-command.ts";
import { start } from "./commands/start.ts";
import { track } from "./commands/track.ts";
import type { Terminal } from "./text/terminal.ts";

const USAGE = `Usage: npm run demo                 a generated scene, analysed and scored
       npm run analyze -- VIDEO…   find and track what is in videos
       npm start                   the whole system on this machine
       npm run models -- COMMAND   list, pull models
       npm run -s track -- …       track detections that are there already
       npm run eval -- WHAT …      hold results against the truth

Each takes --help.
`;

const COMMANDS: Readonly<
  Record<string, (args: readonly string[], terminal: Terminal) => Promise<number>>
> = {
  analyze,
  demo,
  eval: evaluate,
  models,
  start,
  track,
};

/** sysexits.h: something in the configuration is wrong. */
const EXIT_CONFIG = 78;

async function main(signal: AbortSignal): Promise<number> {
  const [name = "", ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(USAGE);
    return name === "--help" ? 0 : 1;
  }
  const root = resolve(import.meta.dirname, "../../..");
  const dataDir = resolve(root, process.env["FQ_DATA_DIR"] ?? "data");
  return command(args, {
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.env["INIT_CWD"] ?? process.cwd(),
    dataDir,
    bundledModelsDir: resolve(root, "models"),
    env: process.env,
    signal,
    onDownload: createDownloadLine(process.stderr),
  });
}

/** Says what went wrong; answers the exit code. Throws what is a bug. */
function tell(thrown: unknown): number {
  const error = firstError(thrown);
  if (error instanceof ConfigError) {
    process.stderr.write(`The configuration is not valid:\n`);
    for (const fault of error.faults) process.stderr.write(`  ${fault}\n`);
    return EXIT_CONFIG;
  }
  const known = knownError(error);
  if (known === undefined) throw error;
  process.stderr.write(`${known}\n`);
  return 1;
}

/** What went wrong first, where clearing up after it failed too. */
function firstError(error: unknown): unknown {
  return error instanceof SuppressedError ? firstError(error.suppressed) : error;
}

/** In words, what is nobody's bug; undefined otherwise. */
function knownError(error: unknown): string | undefined {
  if (error instanceof ProblemError) return `${error.toProblem().title}. ${error.message}`;
  const reason = fileReason(error);
  if (reason === undefined) return undefined;
  const { path = "A file" } = error as NodeJS.ErrnoException;
  return `${path} cannot be used: ${reason}.`;
}

await runCommand(({ signal }) => main(signal), {
  stopped: () => new ProblemError("shutting-down", "Stopped."),
  onError: tell,
});
