import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  frameFileRowSchema,
  resultHeaderSchema,
  summarySchema,
  trackRowSchema,
} from "@framequeue/contracts";
import { countFrames, writeClip } from "./clip.ts";
import { analyze, finish, launch, leftovers, openWorkshop } from "./product.ts";

const read = (path: string): Promise<string> => readFile(path, "utf8");

test("a video in; tracks, data and an annotated video out", async () => {
  await using at = await openWorkshop();
  const video = join(at.folder, "walk.mp4");
  await writeClip(video, { seconds: 4 });
  const run = await analyze(at, ["walk.mp4", "--model", at.model, "--out", "results", "--json"]);
  assert.equal(run.code, 0, run.stderr);
  const lines = run.stdout.trim().split("\n");
  assert.equal(lines.length, 1, "one JSON object and nothing else on stdout");
  const report = JSON.parse(lines[0]!);
  assert.equal(report.state, "succeeded");
  assert.equal(report.frames, 100);
  assert.equal(report.tracks, 3);
  assert.ok(report.fps > 0 && report.seconds > 0);

  const { artifacts } = report;
  assert.deepEqual(Object.keys(artifacts).sort(), [
    "annotated.mp4",
    "frames.jsonl",
    "mot.txt",
    "summary.json",
    "tracks.jsonl",
  ]);
  const [head, ...rows] = (await read(artifacts["frames.jsonl"])).trim().split("\n");
  assert.equal(resultHeaderSchema.parse(JSON.parse(head!)).media.frames, 100);
  const frames = rows.map((row) => frameFileRowSchema.parse(JSON.parse(row)));
  assert.deepEqual(
    frames.map((row) => ("gap" in row ? -1 : row.frame)),
    Array.from({ length: 100 }, (_, i) => i),
  );
  const middle = frames[50]!;
  assert.ok(!("gap" in middle));
  assert.deepEqual(middle.detections.map(({ label }) => label).sort(), [
    "class 0",
    "class 1",
    "class 2",
  ]);
  const red = middle.detections.find(({ classId }) => classId === 0)!;
  const [x, y, w, h] = red.box;
  const expected = [40 + 110 * 2, 30, 40, 40]; // at 2 s of 4
  for (const [i, value] of [x, y, w, h].entries()) {
    assert.ok(Math.abs(value - expected[i]!) < 6, `box ${red.box} near ${expected}`);
  }

  const [, ...tracks] = (await read(artifacts["tracks.jsonl"])).trim().split("\n");
  assert.deepEqual(
    tracks.map((row) => trackRowSchema.parse(JSON.parse(row))).map(({ trackId }) => trackId),
    [1, 2, 3],
  );
  assert.ok((await read(artifacts["mot.txt"])).startsWith("1,1,"));
  summarySchema.parse(JSON.parse(await read(artifacts["summary.json"])));

  const [source, annotated] = await Promise.all([
    countFrames(video),
    countFrames(artifacts["annotated.mp4"]),
  ]);
  assert.equal(annotated.frames, source.frames);
  assert.ok(Math.abs(annotated.seconds - source.seconds) < 0.05);
  assert.deepEqual(await leftovers(at), []);
});

test("the same bytes whatever the batches, segments and workers", async () => {
  await using at = await openWorkshop();
  await writeClip(join(at.folder, "walk.mp4"), { seconds: 6, gop: 10 });
  const cells = [
    ["--batch", "16", "--segment-seconds", "0"],
    ["--batch", "7", "--segment-seconds", "1"],
    ["--batch", "1", "--segment-seconds", "2", "--infer-workers", "1"],
    ["--batch", "64", "--segment-seconds", "1.5", "--infer-workers", "3"],
  ];
  const outcomes: string[][] = [];
  for (const [i, cell] of cells.entries()) {
    const run = await analyze(at, [
      "walk.mp4",
      "--model",
      at.model,
      "--no-video",
      "--out",
      `out${i}`,
      ...cell,
    ]);
    assert.equal(run.code, 0, run.stderr);
    const files = ["frames.jsonl", "tracks.jsonl", "mot.txt"];
    outcomes.push(
      await Promise.all(files.map((file) => read(join(at.folder, `out${i}`, "walk", file)))),
    );
  }
  const summary = JSON.parse(await read(join(at.folder, "out1/walk/summary.json")));
  assert.equal(summary.execution.mode, "parallel");
  assert.ok(summary.execution.segments >= 5, `${summary.execution.segments} segments`);
  for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
});

test("colours are normalised when asked for, and the header says so", async () => {
  await using at = await openWorkshop();
  await writeClip(join(at.folder, "walk.mp4"), { seconds: 1 });
  const run = await analyze(at, [
    "walk.mp4",
    "--model",
    at.model,
    "--no-video",
    "--normalize",
    "--json",
  ]);
  assert.equal(run.code, 0, run.stderr);
  const report = JSON.parse(run.stdout);
  assert.equal(report.frames, 25);
  const [head] = (await read(report.artifacts["frames.jsonl"])).split("\n");
  assert.equal(JSON.parse(head!).options.enhance.normalize, true);
});

test("a video cut off in the middle is analysed as far as it goes", async () => {
  await using at = await openWorkshop();
  const video = join(at.folder, "cut.mp4");
  await writeClip(video, { seconds: 8 });
  await truncate(video, Math.floor((await stat(video)).size * 0.6));
  const run = await analyze(at, [
    "cut.mp4",
    "--model",
    at.model,
    "--json",
    "--segment-seconds",
    "2",
  ]);
  assert.equal(run.code, 0, run.stderr);
  const report = JSON.parse(run.stdout);
  assert.equal(report.state, "succeeded_with_warnings");
  assert.ok(report.frames > 20 && report.frames < 200, `${report.frames} frames`);
  const rows = (await read(report.artifacts["frames.jsonl"])).trim().split("\n");
  assert.deepEqual(JSON.parse(rows.at(-1)!), {
    gap: { from: report.frames, to: 199, reason: "source-truncated" },
  });
  assert.equal((await countFrames(report.artifacts["annotated.mp4"])).frames, report.frames);
});

test("what cannot be analysed says why, fails alone, and leaves nothing", async () => {
  await using at = await openWorkshop();
  const file = (name: string): string => join(at.folder, name);
  await writeClip(file("good.mp4"), { seconds: 1 });
  await writeFile(file("empty.mp4"), "");
  await writeFile(file("text.mp4"), "this is no video\n".repeat(100));
  await writeClip(file("cut.mp4"), { seconds: 1 });
  await truncate(file("cut.mp4"), 600); // inside its index
  await mkdir(file("folder.mp4"));
  const videos = ["empty.mp4", "text.mp4", "good.mp4", "cut.mp4", "missing.mp4", "folder.mp4"];
  const run = await analyze(at, [...videos, "--model", at.model, "--no-video", "--json"]);
  assert.equal(run.code, 1);
  const reports = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    reports.map(({ source, state, problem }) => [source, problem?.code ?? state]),
    [
      ["empty.mp4", "source-empty"],
      ["text.mp4", "source-not-video"],
      ["good.mp4", "succeeded"],
      ["cut.mp4", "source-not-video"],
      ["missing.mp4", "source-not-found"],
      ["folder.mp4", "source-not-video"],
    ],
  );
  assert.doesNotMatch(run.stderr, /\n\s+at /, "no stack trace");
  assert.deepEqual(await leftovers(at), []);
});

test("wrong words on the command line are named", async () => {
  await using at = await openWorkshop();
  await writeFile(join(at.folder, "junk.onnx"), "not a graph");
  const cases: [string[], RegExp][] = [
    [["--frobnicate", "x.mp4"], /--frobnicate/],
    [[], /Name at least one video/],
    [["x.mp4", "--model", "nosuch.onnx"], /nosuch\.onnx/],
    [["x.mp4", "--model", "no-such-model"], /no-such-model/],
    [["x.mp4", "--model", "junk.onnx"], /junk\.onnx/],
    [["x.mp4", "--batch", "0"], /batch/],
    [["x.mp4", "--batch", "many"], /batch/],
    [["x.mp4", "--min-score", "2"], /minScore|min-score/],
    [["x.mp4", "--infer-workers", "0"], /--infer-workers/],
  ];
  for (const [args, message] of cases) {
    const run = await analyze(at, args);
    assert.equal(run.code, 1, `${args.join(" ")}: ${run.stderr}`);
    assert.match(run.stderr, message);
    assert.doesNotMatch(run.stderr, /\n\s+at /, "no stack trace");
    assert.equal(run.stdout, "");
  }
  assert.deepEqual(await leftovers(at), []);
});

test("Ctrl-C stops cleanly", async () => {
  await using at = await openWorkshop();
  await writeClip(join(at.folder, "long.mp4"), { seconds: 60 });
  const child = launch(at, [
    "analyze",
    "long.mp4",
    "--model",
    at.model,
    "--no-video",
    "--batch",
    "1",
  ]);
  const finished = finish(child);
  await untilDecoding(at.temp);
  process.kill(-child.pid!, "SIGINT"); // the whole process group, as a terminal does
  const run = await finished;
  assert.equal(run.code, 130, run.stderr);
  assert.doesNotMatch(run.stderr, /\n\s+at /, "no stack trace");
  assert.deepEqual(await leftovers(at), []);
});

/** Waits until the product has results of some batches in its own temporary folder. */
async function untilDecoding(temp: string): Promise<void> {
  for (;;) {
    const names = await readdir(temp, { recursive: true }).catch(() => []); // folders come and go
    if (names.some((name) => name.includes("/infer/"))) return;
    await setImmediate();
  }
}
