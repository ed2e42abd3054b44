import { parseArgs } from "node:util";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { playPowerCuts } from "./play.ts";

const USAGE = `Usage: npm run check:power-cuts -- [--cuts N] [--seed S]

Cuts the power while five jobs run, again and again: every process is killed, of what none had synced some is lost, and
everything starts again. Every job must end with the bytes of one that nobody disturbed (default 100 cuts, seed 1).
`;

const { values } = parseArgs({
  options: {
    cuts: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
const [cuts, seed] = [Number(values.cuts), Number(values.seed)];
if (values.help || !(cuts >= 1) || !Number.isSafeInteger(seed)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}

/** Answers the exit code. */
async function check(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  await using temporary = await openTempFolder("power");
  const { jobs, losses, wrong } = await playPowerCuts({
    ...{ seed, cuts, signal, folder: temporary.path },
    say: (line) => process.stdout.write(`${line}\n`),
  });
  for (const line of wrong) process.stdout.write(`WRONG ${line}\n`);
  process.stdout.write(
    `${cuts} power cuts, ${jobs} jobs, ${wrong.length} wrong; lost: ${JSON.stringify(losses)}\n`,
  );
  if (wrong.length === 0) return 0;
  await temporary.keep();
  process.stdout.write(`To look into it: ${temporary.path}\n`);
  return 1;
}

await runCommand(({ signal }) => check(signal), { stopped: () => new Error("Stopped.") });
