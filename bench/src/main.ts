import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { autoscale } from "./autoscale/bench.ts";
import type { Bench, Measurement } from "./bench.ts";
import { controlPlane } from "./control-plane/bench.ts";
import { counts } from "./counts/bench.ts";
import { equality } from "./equality/bench.ts";
import { frameStores } from "./frame-stores/bench.ts";
import { infer } from "./infer/bench.ts";
import { localScaling } from "./local-scaling/bench.ts";
import { mainJob } from "./main-job/bench.ts";
import { memory } from "./memory/bench.ts";
import { objects } from "./objects/bench.ts";
import { scaling } from "./scaling/bench.ts";
import { streetTracking } from "./street-tracking/bench.ts";
import { tracking } from "./tracking/bench.ts";
import { videoTracking } from "./video-tracking/bench.ts";

const BENCHES: readonly Bench[] = [
  mainJob,
  infer,
  equality,
  scaling,
  controlPlane,
  frameStores,
  objects,
  memory,
  tracking,
  streetTracking,
  videoTracking,
  counts,
  autoscale,
  localScaling,
];

const USAGE = `Usage: npm run bench -- [NAME] [--video FILE] [--model FILE] [--cells N] [--plots DIR] [--json]

${BENCHES.map(({ name, about }) => `  ${name.padEnd(17)}${about}`).join("\n")}
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    video: { type: "string" },
    model: { type: "string" },
    cells: { type: "string" },
    plots: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [name] = positionals;
  const chosen = BENCHES.filter((bench) => name === undefined || bench.name === name);
  if (chosen.length === 0) {
    process.stderr.write(`There is no benchmark ${name}.\n\n${USAGE}`);
    return 1;
  }
  const cwd = process.env["INIT_CWD"] ?? process.cwd();
  const path = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : resolve(cwd, file);
  const files = { video: path(values.video), model: path(values.model) };
  const cells = values.cells === undefined ? undefined : Number(values.cells);
  if (cells !== undefined && !(Number.isSafeInteger(cells) && cells > 0)) {
    process.stderr.write("--cells takes a whole number from 1.\n");
    return 1;
  }
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined || existsSync(file)) continue;
    process.stderr.write(`--${option}: there is no ${file}.\n`);
    return 1;
  }
  for (const { name, needs } of chosen) {
    const missing = needs.find((need) => files[need] === undefined);
    if (missing === undefined) continue;
    process.stderr.write(`${name} needs --${missing} FILE.\n`);
    return 1;
  }
  // What the benchmarks and what they start put among temporary files lies in one folder, which goes however this ends.
  await sweepTempFolders();
  await using folder = await openTempFolder("bench");
  process.env["TMPDIR"] = folder.path;
  let ok = true;
  for (const bench of chosen) {
    ok = (await bench.run({ ...files, cells, plots: path(values.plots), report, print })) && ok;
  }
  return ok ? 0 : 1;
}

function print(row: Readonly<Record<string, unknown>>, text: string): void {
  if (!values.json) process.stdout.write(`${text}\n`);
  else if (Object.keys(row).length > 0) process.stdout.write(`${JSON.stringify(row)}\n`);
}

function report({ ratio, ...measurement }: Measurement): void {
  const { name, value, unit } = measurement;
  const against = ratio === undefined ? "" : `  ${ratio.value.toFixed(3)} of ${ratio.against}`;
  print(
    { ...measurement, ...(ratio ? { ratio: ratio.value, against: ratio.against } : {}) },
    `${name.padEnd(36)}${value.toFixed(2).padStart(10)} ${unit.padEnd(14)}${against}`.trimEnd(),
  );
}

// Benchmarks do not listen: what they hold goes with this process.
await runCommand(main, { stopped: () => new Error("Stopped."), graceMs: 0 });
