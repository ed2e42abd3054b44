import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { playChaos } from "./chaos.ts";

const USAGE = `Usage: npm run chaos -- [--minutes N] [--seed S]

Runs the whole system as processes on jobs of all kinds, breaks it for so long, and checks that every result equals that
of an undisturbed job and that nothing is left behind.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (values.help || !(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}

const folder = await mkdtemp(join(tmpdir(), "fq-chaos-"));
const log = createWriteStream(join(folder, "faults.log"));
process.stdout.write(`seed ${seed}, ${minutes} minutes\n`);
const report = await playChaos({
  seed,
  seconds: minutes * 60,
  folder,
  say(line) {
    log.write(`${line}\n`);
    process.stdout.write(`${line}\n`);
  },
});
log.end();

for (const [name, count] of Object.entries(report.faults)) {
  process.stdout.write(`${name.padEnd(20)}${count}\n`);
}
process.stdout.write(`${"jobs".padEnd(20)}${report.jobs}\n`);
process.stdout.write(`${"wrong".padEnd(20)}${report.wrong.length}\n`);
process.stdout.write(`${"left behind".padEnd(20)}${report.leftovers.length}\n`);
for (const line of [...report.wrong, ...report.leftovers]) process.stdout.write(`${line}\n`);
const failed = report.wrong.length + report.leftovers.length > 0;
if (failed) process.stdout.write(`Everything to look into is in ${folder}\n`);
else await rm(folder, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;
