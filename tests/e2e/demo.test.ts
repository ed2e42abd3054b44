import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { countFrames } from "./clip.ts";
import { finish, launch, leftovers, openWorkshop, ROOT, type Workshop } from "./product.ts";

const FILES = [
  "annotated.mp4",
  "frames.jsonl",
  "gt.txt",
  "labels.txt",
  "mot.txt",
  "scene.mp4",
  "scores.json",
  "seqinfo.ini",
  "summary.json",
  "tracks.jsonl",
];
const demo = (at: Workshop, ...args: string[]) => finish(launch(at, ["demo", ...args]));

test("a scene is drawn, analysed and scored", async () => {
  await using at = await openWorkshop();
  const run = await demo(at, "--seconds", "2", "--json");
  assert.equal(run.code, 0, run.stderr);
  const lines = run.stdout.trim().split("\n");
  assert.equal(lines.length, 1, "one JSON object and nothing else on stdout");
  const report = JSON.parse(lines[0]!);
  assert.equal(report.state, "succeeded");
  assert.equal(report.result.frames, 50);
  assert.ok(report.fps > 0);
  const { objects, detection, tracking } = report;
  assert.deepEqual(Object.keys(objects), ["car", "truck", "person"]);
  assert.ok(detection.boxes > 50, `${detection.boxes} boxes`);
  // A detector that works at all; the seed is fixed, so that nothing here is luck.
  for (const [name, value] of Object.entries({
    ap50: detection.ap50,
    recall: detection.recall,
    precision: detection.precision,
    idf1: tracking.idf1,
    mota: tracking.mota,
  })) {
    assert.ok(value > 0.4 && value <= 1, `${name} is ${value}`);
  }
  assert.ok(tracking.idSwitches >= 0);

  const folder = join(at.folder, "out/demo");
  assert.deepEqual((await readdir(folder)).sort(), FILES);
  for (const file of FILES) assert.equal(report.artifacts[file], join(folder, file));
  const scores = JSON.parse(await readFile(join(folder, "scores.json"), "utf8"));
  assert.deepEqual(scores.detection, detection);
  assert.deepEqual(scores.tracking, tracking);
  for (const video of ["scene.mp4", "annotated.mp4"]) {
    assert.equal((await countFrames(join(folder, video))).frames, 50, video);
  }
  assert.deepEqual(await leftovers(at), []);
});

test("equal seeds give equal bytes, other seeds another scene", async () => {
  await using at = await openWorkshop();
  // Times and speeds stand in the summary; the annotated video is as many threads' work as there are cores.
  const files = FILES.filter((file) => file !== "annotated.mp4" && file !== "summary.json");
  const runs: Record<string, Buffer>[] = [];
  for (const seed of ["3", "3", "4"]) {
    const out = `run-${runs.length}`;
    const run = await demo(at, "--seed", seed, "--seconds", "2", "--no-video", "--out", out);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, new RegExp(`^Scene ${seed}, normal`));
    assert.match(run.stdout, / AP50 .* recall .* precision .* IDF1 .* MOTA .* id switches .* fps/s);
    const bytes = files.map(async (file) => [file, await readFile(join(at.folder, out, file))]);
    runs.push(Object.fromEntries(await Promise.all(bytes)));
  }
  const [first, second, other] = runs;
  assert.deepEqual(first, second);
  for (const file of ["scene.mp4", "gt.txt"]) assert.notDeepEqual(first![file], other![file]);
});

test("a folder holds one demo: a former one's files go, others stay", async () => {
  await using at = await openWorkshop();
  for (const name of ["annotated.mp4", "mine.txt"]) await writeFile(join(at.folder, name), "old");
  const args = ["--seconds", "1", "--difficulty", "easy", "--no-video", "--out", "."];
  const refused = await demo(at, ...args);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /annotated\.mp4.*--replace/, "nothing says that it is a demo's");
  assert.equal(await readFile(join(at.folder, "annotated.mp4"), "utf8"), "old");
  for (const more of [["--replace"], ["--seed", "3"]]) {
    const run = await demo(at, ...args, ...more);
    assert.equal(run.code, 0, run.stderr);
    const names = await readdir(at.folder);
    assert.ok(!names.includes("annotated.mp4"));
    assert.ok(names.includes("mine.txt") && names.includes("scores.json"));
  }
  assert.match(await readFile(join(at.folder, "seqinfo.ini"), "utf8"), /^name=demo-3-easy/m);
});

const tool = join(ROOT, "../shared/tools/mot-eval.mjs");
test(
  "the reference evaluator gives the scores that are printed",
  { skip: existsSync(tool) ? false : "shared/tools is not here: no reference evaluator" },
  async () => {
    await using at = await openWorkshop();
    const args = ["--seed", "11", "--seconds", "4", "--difficulty", "hard", "--no-video"];
    const run = await demo(at, ...args, "--json");
    assert.equal(run.code, 0, run.stderr);
    const { tracking, artifacts } = JSON.parse(run.stdout);
    const output = execFileSync(process.execPath, [
      ...[tool, "--gt", artifacts["gt.txt"], "--pred", artifacts["mot.txt"]],
    ]);
    const reference = JSON.parse(output.toString());
    assert.ok(reference.TP > 100);
    for (const [name, value] of Object.entries({
      MOTA: tracking.mota,
      MOTP: tracking.motp,
      IDF1: tracking.idf1,
      IDSW: tracking.idSwitches,
      FP: tracking.falsePositives,
      FN: tracking.falseNegatives,
      Frag: tracking.fragmentations,
    })) {
      assert.ok(Math.abs(value - reference[name]) < 1e-9, `${name}: ${value}, ${reference[name]}`);
    }
  },
);

test("wrong words on the command line are named", async () => {
  await using at = await openWorkshop();
  await writeFile(join(at.folder, "file"), "");
  const cases: [string[], RegExp][] = [
    [["--frobnicate"], /--frobnicate/],
    [["--seconds", "none"], /--seconds/],
    [["--difficulty", "brutal"], /--difficulty takes easy, normal, hard/],
    [["--out", "file"], /--out|file/],
  ];
  for (const [args, message] of cases) {
    const run = await demo(at, ...args);
    assert.equal(run.code, 1, `${args.join(" ")}: ${run.stderr}`);
    assert.match(run.stderr, message);
    assert.doesNotMatch(run.stderr, /\n\s+at /, "no stack trace");
    assert.equal(run.stdout, "");
  }
});

test("Ctrl-C while the scene is drawn stops cleanly", async () => {
  await using at = await openWorkshop();
  const child = launch(at, ["demo", "--seconds", "600", "--out", "long"]);
  const finished = finish(child);
  const scene = join(at.folder, "long/.framequeue/scene.mp4");
  while (!existsSync(scene)) await setImmediate();
  process.kill(-child.pid!, "SIGINT"); // the whole process group, as a terminal does
  const run = await finished;
  assert.equal(run.code, 130, run.stderr);
  assert.doesNotMatch(run.stderr, /\n\s+at /, "no stack trace");
  assert.ok(!existsSync(join(at.folder, "long")));
  assert.deepEqual(await leftovers(at), []);
});
