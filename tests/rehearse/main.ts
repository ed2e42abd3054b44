import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
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

const folder = await mkdtemp(join(tmpdir(), "fq-rehearse-"));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wrong = await (what === "backup"
  ? rehearseBackup(folder, say)
  : rehearseUpgrade(folder, values.from!, say));
if (wrong.length === 0) {
  say("all as it should be");
  await rm(folder, { recursive: true, force: true });
} else {
  for (const line of wrong) say(line);
  say(`${wrong.length} wrong; to look into it: ${folder}`);
  process.exitCode = 1;
}
