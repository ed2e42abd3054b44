import { parseArgs } from "node:util";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { rehearseBackup } from "./backup.ts";
import { rehearseUpgrade } from "./upgrade.ts";

const USAGE = `Usage: npm run rehearse -- upgrade --from REVISION
       npm run rehearse -- backup

upgrade  replaces every process of an older version by one of this, and back, while jobs run
backup   copies a system while jobs run, loses it, and goes on from the copies

Every result must equal that of an undisturbed job.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: "string" }, help: { type: "boolean", default: false } },
});
const [what] = positionals;
const known = what === "backup" || (what === "upgrade" && values.from !== undefined);
if (values.help || !known || positionals.length > 1) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}

/** Answers the exit code. */
async function rehearse(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  await using temporary = await openTempFolder("rehearse");
  const { path } = temporary;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const wrong = await (what === "backup"
    ? rehearseBackup(path, say, signal)
    : rehearseUpgrade(path, values.from!, say, signal));
  // What was stopped is not looked into.
  signal.throwIfAborted();
  if (wrong.length === 0) {
    say("all as it should be");
    return 0;
  }
  for (const line of wrong) say(line);
  say(`${wrong.length} wrong; to look into it: ${path}`);
  await temporary.keep();
  return 1;
}

await runCommand(({ signal }) => rehearse(signal), { stopped: () => new Error("Stopped.") });
