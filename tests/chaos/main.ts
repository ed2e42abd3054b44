import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { playChaos } from "./chaos.ts";
import { ALL_FAULTS } from "./faults/index.ts";
import { isFlawless, summaryText } from "./summary.ts";

const USAGE = `Usage: npm run chaos -- [--minutes N] [--seed S] [--pause SECONDS]

Runs the whole system as processes on jobs of all kinds, breaks it for so long, and checks that every result equals that
of an undisturbed job and that nothing is left behind. --pause is the mean time between two faults (default 2 s).
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    pause: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (values.help || !(minutes > 0) || !(Number(values.pause) > 0) || !Number.isSafeInteger(seed)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}

/** Answers the exit code. */
async function play(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  await using temporary = await openTempFolder("chaos");
  const folder = temporary.path;
  const log = createWriteStream(join(folder, "faults.log"));
  process.stdout.write(`seed ${seed}, ${minutes} minutes\n`);
  const report = await playChaos({
    seed,
    signal,
    seconds: minutes * 60,
    meanPauseMs: Number(values.pause) * 1_000,
    folder,
    faults: ALL_FAULTS,
    say(line) {
      log.write(`${line}\n`);
      process.stdout.write(`${line}\n`);
    },
  });
  await new Promise<void>((done) => log.end(done));
  process.stdout.write(summaryText(report));
  // What was stopped is not looked into.
  signal.throwIfAborted();
  if (isFlawless(report)) return 0;
  await temporary.keep();
  process.stdout.write(`To look into it: faults.log, services.log and the objects in ${folder}\n`);
  return 1;
}

await runCommand(({ signal }) => play(signal), { stopped: () => new Error("Stopped.") });
