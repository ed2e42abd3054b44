import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import { ConfigError } from "@framequeue/service";
import { analyze } from "./analyze.ts";
import { demo } from "./demo.ts";
import { createDownloadLine } from "./download-line.ts";
import { evaluate } from "./eval.ts";
import { models } from "./models-command.ts";
import { start } from "./start.ts";
import { track } from "./track.ts";
import type { Terminal } from "./terminal.ts";

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

/** Exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** sysexits.h: something in the configuration is wrong. */
const EXIT_CONFIG = 78;

async function main(): Promise<number> {
  const [name = "", ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(USAGE);
    return name === "--help" ? 0 : 1;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(INTERRUPTED);
      stop.abort(new ProblemError("shutting-down", "Stopped."));
    });
  }
  const root = resolve(import.meta.dirname, "../../..");
  const dataDir = resolve(root, process.env["FQ_DATA_DIR"] ?? "data");
  await mkdir(dataDir, { recursive: true });
  try {
    return await command(args, {
      stdout: process.stdout,
      stderr: process.stderr,
      cwd: process.env["INIT_CWD"] ?? process.cwd(),
      dataDir,
      bundledModelsDir: resolve(root, "models"),
      env: process.env,
      signal: stop.signal,
      onDownload: createDownloadLine(process.stderr),
    });
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write("Stopped.\n");
      return INTERRUPTED;
    }
    if (error instanceof ConfigError) {
      process.stderr.write(`The configuration is not valid:\n`);
      for (const fault of error.faults) process.stderr.write(`  ${fault}\n`);
      return EXIT_CONFIG;
    }
    if (!(error instanceof ProblemError)) throw error;
    process.stderr.write(`${error.toProblem().title}. ${error.message}\n`);
    return 1;
  }
}

process.exitCode = await main();
