import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { openAttackedSite } from "./attacked-site.ts";
import { ATTACKS } from "./attacks/index.ts";
import { BOUNDS, measure } from "./measure.ts";
import { makeNormalJob } from "./normal-job.ts";
import { describe, HEADER } from "./table.ts";

const USAGE = `Usage: npm run check:attackers -- [KIND…] [options]

Times a normal job against a running \`npm start\`: alone, beside attackers of each kind, and when they are refused. It may
take ${BOUNDS.beside} times its time alone beside them and ${BOUNDS.after} times after them, its results have to be the same bytes, and every
attacker has to be refused in time. All kinds take half an hour and more; ratios on a machine with other work
say little.

  --seconds N  that the job takes alone (default 60)
  --times N    that it runs alone before each kind, and after it; the median counts (default 3)

Kinds:
${ATTACKS.map(({ name, what }) => `  ${name.padEnd(15)} ${what}`).join("\n")}
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    times: { type: "string", default: "3" },
    help: { type: "boolean", default: false },
  },
});
const [seconds, times] = [Number(values.seconds), Number(values.times)];
const attacks = ATTACKS.filter(
  ({ name }) => positionals.length === 0 || positionals.includes(name),
);
if (values.help || !(seconds > 0) || !(times >= 1) || attacks.length < positionals.length) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Answers the exit code. */
async function check(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  say(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}`);
  await using site = await openAttackedSite();
  const job = await makeNormalJob(site, seconds);
  say(`a normal job is a video of ${job.clipSeconds} s\n\n${HEADER}`);
  const rows = await measure(site, job, attacks, {
    times,
    signal,
    onRow: (row) => say(describe(row)),
  });
  const wrong = rows.filter(({ faults }) => faults.length > 0).length;
  say(`\n${rows.length} kinds: ${wrong} wrong, load ${loadavg()[0]!.toFixed(1)}`);
  return wrong === 0 ? 0 : 1;
}

await runCommand(({ signal }) => check(signal), { stopped: () => new Error("Stopped.") });
