import { parseArgs } from "node:util";
import { runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { CASES } from "./cases/index.ts";
import { KINDS } from "./fault-case.ts";
import { openFaultSite } from "./fault-site.ts";
import { play } from "./play.ts";
import { describe } from "./table.ts";

const USAGE = `Usage: npm run check:faults -- [WORD…] [options]

Plays bad luck and bad people against a running \`npm start\`, one case after the other, and prints what was done, what came
back, what was lost and whether others were served meanwhile. With words only the cases that have one of them in their kind
or name. As root it plays them all.

  --list   the cases, without playing them
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Answers the exit code. */
async function check(signal: AbortSignal): Promise<number> {
  const cases = CASES.filter(
    ({ kind, what }) =>
      positionals.length === 0 ||
      positionals.some((word) => `${kind} ${KINDS[kind]} ${what}`.includes(word)),
  );
  if (values.list) {
    for (const { kind, what } of cases) say(`${kind.padEnd(12)}${what}`);
    return 0;
  }
  await sweepTempFolders();
  await using site = await openFaultSite();
  const played = await play(site, cases, { signal, onPlayed: (row) => say(describe(row)) });
  const wrong = played.filter(({ holds }) => !holds).length;
  const left = cases.length - played.length;
  say(
    `\n${played.length} cases: ${wrong} wrong${left > 0 ? `, ${left} not played without root` : ""}`,
  );
  return wrong === 0 ? 0 : 1;
}

if (values.help) process.stdout.write(USAGE);
else await runCommand(({ signal }) => check(signal), { stopped: () => new Error("Stopped.") });
