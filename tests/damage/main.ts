import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { writeClip } from "../e2e/clip.ts";
import { ROOT } from "../e2e/product.ts";
import { type Damage, DAMAGES, excerpt } from "./damage.ts";
import { type Outcome, runOnce, type RunTerms } from "./runs.ts";

const USAGE = `Usage: npm run check:damage -- [VIDEO…] [options]

Damages the first seconds of each video in four ways and analyses the results on one core and on two, in one piece and in
pieces, again and again, and while its decoders are killed. Every result must be the same bytes. Without videos it takes
five of ../shared/data, or clips of its own.

  --seconds N      of each video (default 2)
  --repetitions N  of each way to run (default 3)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "2" },
    repetitions: { type: "string", default: "3" },
    help: { type: "boolean", default: false },
  },
});
const [seconds, repetitions] = [Number(values.seconds), Number(values.repetitions)];
if (values.help || !(seconds > 0) || !(repetitions >= 1)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}
const LOST: Outcome = { state: "no result", frames: 0, sha256: "" };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Answers the exit code. */
async function check(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  await using temporary = await openTempFolder("damage");
  const folder = temporary.path;
  const sources =
    positionals.length > 0 ? positionals.map(fromCaller) : await defaultVideos(folder);
  const variants = await damageAll(sources, folder);
  const found = new Map<string, Outcome[]>(variants.map((path) => [path, []]));
  const ways = waysToRun();
  let killed = 0;
  for (const [i, way] of ways.entries()) {
    const out = join(folder, `out-${i}`);
    const run = await runOnce(variants, "starter-detector", out, way, signal);
    for (const path of variants) found.get(path)!.push(run.outcomes.get(path) ?? LOST);
    killed += run.killed;
    const kind = way.kills ? `, ${run.killed} decoders killed` : "";
    const pieces = `pieces of ${way.segmentSeconds} s`;
    say(`run ${i + 1} of ${ways.length}: cores ${way.cores}, ${pieces}${kind}`);
  }

  let wrong = 0;
  say("");
  for (const [path, outcomes] of found) {
    const first = outcomes[0]!;
    const same = outcomes.filter((each) => JSON.stringify(each) === JSON.stringify(first)).length;
    if (same < outcomes.length) wrong++;
    const columns = [
      path.slice(folder.length + 1).padEnd(40),
      first.state.padEnd(23),
      `${String(first.frames).padStart(4)} frames `,
      `${first.sha256} `,
      `${same} of ${outcomes.length} the same`,
    ];
    say(columns.join(" "));
  }
  const load = loadavg()[0]!.toFixed(1);
  const done = `${variants.length} files, ${ways.length} runs, ${killed} decoders killed, load ${load}`;
  say(`\n${done}: ${wrong} wrong`);
  if (wrong === 0) return 0;
  say(`to look into it: ${folder}`);
  await temporary.keep();
  return 1;
}

function waysToRun(): RunTerms[] {
  const pieces = [0, 0.5];
  const ways: RunTerms[] = [];
  for (let i = 0; i < repetitions; i++) {
    for (const cores of availableParallelism() > 1 ? ["0", "0,1"] : ["0"]) {
      for (const segmentSeconds of pieces) ways.push({ cores, segmentSeconds, kills: false });
    }
  }
  const all = availableParallelism() > 1 ? "0,1" : "0";
  for (const segmentSeconds of pieces) ways.push({ cores: all, segmentSeconds, kills: true });
  return ways;
}

function fromCaller(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? ".", path);
}

async function defaultVideos(folder: string): Promise<string[]> {
  const shared = join(ROOT, "../shared/data/videos");
  const names = ["people_one_by_one.mp4", "dog_and_person.mp4", "cars_highway.mp4"];
  const real = [...names, "marathon_crowd.mkv", "night_street.mp4"].map((name) =>
    join(shared, name),
  );
  if (real.every((path) => existsSync(path))) return real;
  say("../shared/data is not here: clips of our own");
  const own = [320, 480, 640, 360, 720].map(
    (width) => [width, join(folder, `${width}.mp4`)] as const,
  );
  for (const [width, path] of own) await writeClip(path, { seconds: 4, size: `${width}x360` });
  return own.map(([, path]) => path);
}

async function damageAll(paths: readonly string[], folder: string): Promise<string[]> {
  const made: string[] = [];
  for (const [i, path] of paths.entries()) {
    const name = basename(path, extname(path));
    const intact = join(folder, `${name}.intact.mp4`);
    await excerpt(path, seconds, intact);
    for (const damage of Object.keys(DAMAGES) as Damage[]) {
      const place = join(folder, name, damage);
      await mkdir(place, { recursive: true });
      made.push(await DAMAGES[damage](intact, place, i + 1));
    }
  }
  return made;
}

await runCommand(({ signal }) => check(signal), { stopped: () => new Error("Stopped.") });
