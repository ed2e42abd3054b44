import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { extname, join, relative, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { writeClip } from "../e2e/clip.ts";
import { CASES, ELSEWHERE } from "./cases.ts";
import { checkSources, describeChecked, type SourceToCheck } from "./check.ts";

const USAGE = `Usage: npm run check:sources [-- FILTER…] [options]

Runs the videos and the numbered cases of ../shared/data through the product and judges every frame, time, size, gap and
annotated video by a plain decode with one thread.

  FILTER         only files whose path has it
  --cases DIR    where the cases are built already (default: they are built, which needs python3 with numpy)
  --keep         leave the results
`;

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const data = resolve(root, "../shared/data");

const { values, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: "string" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (!existsSync(join(data, "videos"))) {
  process.stdout.write(
    `Nothing was checked: there is no ${join("..", "shared", "data", "videos")}.\n`,
  );
  process.exit(0);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Answers the exit code. */
async function check(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  await using temporary = await openTempFolder("sources");
  const folder = temporary.path;
  const wanted = (path: string): boolean =>
    filters.length === 0 || filters.some((filter) => path.includes(filter));
  const all = [...(await videos()), ...(await cases(folder))];
  const sources = all.filter(({ path }) => wanted(path));
  if (sources.length === 0) throw new Error("No file matches.");
  const checked = await checkSources(sources, analyzeInto(join(folder, "out"), signal));
  signal.throwIfAborted();
  for (const each of checked) say(describeChecked(each));
  for (const [nr, where] of Object.entries(ELSEWHERE)) say(`not here: case ${nr}: ${where}`);
  const wrong = checked.filter(({ faults }) => faults.length > 0).length;
  say(`${checked.length} checked, ${wrong} wrong`);
  if (values.keep) {
    say(`results: ${folder}`);
    await temporary.keep();
  }
  return wrong === 0 ? 0 : 1;
}

/** Videos of one command must not share a folder; a command of its own per call does not see the others' names. */
function analyzeInto(
  out: string,
  signal: AbortSignal,
): (args: readonly string[]) => Promise<string> {
  let call = 0;
  return async (args) => {
    const all = [
      ...[join(root, "packages/cli/src/main.ts"), "analyze", "--json"],
      ...["--model", "starter-detector", "--out", join(out, String(call++)), ...args],
    ];
    // A file that fails makes the command fail; its line says why.
    const done = await run(process.execPath, all, { cwd: root, maxBuffer: 2 ** 30, signal }).catch(
      (error: { stdout: string }) => error,
    );
    signal.throwIfAborted();
    return done.stdout;
  };
}

async function videos(): Promise<SourceToCheck[]> {
  const names = await readdir(join(data, "videos"), { recursive: true });
  return names
    .filter((name) => extname(name) !== "" && extname(name) !== ".md")
    .sort()
    .map((name) => ({ name, path: join(data, "videos", name), expected: {} }));
}

async function cases(folder: string): Promise<SourceToCheck[]> {
  const built = values.cases === undefined ? await build(folder) : resolve(values.cases);
  return CASES.map(([nr, file, expected]) => ({
    name: `${nr === "" ? "" : `case ${nr}: `}${relative(built, join(built, file))}${expected.stream === undefined ? "" : ` --stream ${expected.stream}`}`,
    path: join(built, file),
    expected,
  }));
}

async function build(folder: string): Promise<string> {
  const built = join(folder, "cases");
  const scene = join(folder, "scene.mp4");
  await writeClip(scene, { seconds: 8 });
  await run("bash", [join(data, "cases/make_cases.sh"), scene, built]);
  return built;
}

await runCommand(({ signal }) => check(signal), { stopped: () => new Error("Stopped.") });
