import { parseArgs } from "node:util";
import { runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { INTERMEDIATES, type ObjectKind, OF_MODELS, RECORDS } from "./kinds.ts";
import { type Cell, type Moment, playCell } from "./matrix.ts";
import { openMatrixSite } from "./matrix-site.ts";
import { playModelCell } from "./models-matrix.ts";
import { STRIKE_NAMES } from "./strikes.ts";

const USAGE = `Usage: npm run check:objects -- [KIND…]

Deletes, empties, truncates and changes an object of every kind while its job runs and when it has ended, and says what
came of the job. No result may be wrong, no job hang, no list fail, and everything can be made right again.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", default: false } },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const isWanted = ({ name }: ObjectKind): boolean =>
  positionals.length === 0 || positionals.includes(name);

/** Answers the exit code. */
async function check(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  const cells: Cell[] = [];
  const tell = (cell: Cell): void => {
    cells.push(cell);
    const { kind, strike, moment, outcome, isFault } = cell;
    say(
      `${isFault ? "WRONG" : "ok   "} ${kind.padEnd(20)} ${strike.padEnd(10)} ${moment.padEnd(8)} ${outcome}`,
    );
  };
  {
    await using at = await openMatrixSite();
    const rounds: [readonly ObjectKind[], readonly Moment[]][] = [
      [INTERMEDIATES, ["running"]],
      [RECORDS, ["running", "ended"]],
      [OF_MODELS, ["running"]],
    ];
    for (const [kinds, moments] of rounds) {
      for (const kind of kinds.filter(isWanted)) {
        for (const moment of moments) {
          for (const strike of STRIKE_NAMES) {
            signal.throwIfAborted();
            tell(await playCell(at, kind, strike, moment));
            if (kinds === OF_MODELS) await at.storeAgain().then(at.serve);
          }
        }
      }
    }
  }
  for (const kind of OF_MODELS.filter(isWanted)) {
    for (const strike of STRIKE_NAMES) {
      signal.throwIfAborted();
      tell(await playModelCell(kind, strike));
    }
  }
  const faults = cells.filter(({ isFault }) => isFault).length;
  say(`\n${cells.length - faults} passed, ${faults} failed`);
  return faults === 0 ? 0 : 1;
}

await runCommand(({ signal }) => check(signal), { stopped: () => new Error("Stopped.") });
