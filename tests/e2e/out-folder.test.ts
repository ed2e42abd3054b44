import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { writeClip } from "./clip.ts";
import { analyze, finish, launch, leftovers, openWorkshop, type Workshop } from "./product.ts";

/** Videos of different lengths, so that the number of their frames tells them apart. */
async function videos(at: Workshop, lengths: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, seconds] of Object.entries(lengths)) {
    const path = join(at.folder, name);
    await mkdir(join(path, ".."), { recursive: true });
    await writeClip(path, { seconds });
  }
}

/** Runs `analyze`, which has to speak in problems; answers the code and its JSON lines. */
async function run(at: Workshop, ...args: string[]) {
  const { code, stdout, stderr } = await analyze(at, [...args, "--model", at.model, "--json"]);
  assert.doesNotMatch(stderr, /\n\s+at /, "no stack trace");
  assert.deepEqual(await leftovers(at), []);
  const reports = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { code, stderr, reports };
}

/** The video that each file of a folder is about, by its number of frames. */
async function framesIn(folder: string): Promise<number[]> {
  const [header] = (await readFile(join(folder, "frames.jsonl"), "utf8")).split("\n");
  const summary = JSON.parse(await readFile(join(folder, "summary.json"), "utf8"));
  return [JSON.parse(header!).media.frames, summary.frames];
}

test("videos of one command that share a name have a folder each", async () => {
  await using at = await openWorkshop();
  await videos(at, { "c1/cam.mp4": 1, "c2/cam.mp4": 2, "c3/cam-2.mp4": 3 });
  const args = ["c1/cam.mp4", "c2/cam.mp4", "c3/cam-2.mp4", "--no-video"];
  for (let round = 0; round < 2; round++) {
    const { code, reports, stderr } = await run(at, ...args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      reports.map(({ frames, artifacts }) => [frames, artifacts["frames.jsonl"]]),
      [
        [25, join(at.folder, "out/cam/frames.jsonl")],
        [50, join(at.folder, "out/cam-3/frames.jsonl")],
        [75, join(at.folder, "out/cam-2/frames.jsonl")],
      ],
    );
    for (const [name, frames] of [
      ["cam", 25],
      ["cam-3", 50],
      ["cam-2", 75],
    ] as const) {
      assert.deepEqual(await framesIn(join(at.folder, "out", name)), [frames, frames]);
    }
  }
});

test("results of another video are left alone, those of the same are replaced as a whole", async () => {
  await using at = await openWorkshop();
  await videos(at, { "c1/cam.mp4": 1, "c2/cam.mp4": 2 });
  const folder = join(at.folder, "out/cam");
  const lines = [{ name: "gate", from: [100, 10], to: [100, 200] }];
  await writeFile(join(at.folder, "count.json"), JSON.stringify({ lines }));
  assert.equal((await run(at, "c1/cam.mp4", "--analytics", "count.json")).code, 0);
  await writeFile(join(folder, "notes.txt"), "mine");
  const former = (await readdir(folder)).sort();
  assert.ok(former.includes("events.jsonl") && former.includes("annotated.mp4"));

  // The advice of the refusal is followed below.
  const refused = await run(at, "c2/cam.mp4", "--no-video");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /out\/cam holds the results of another video.*--out.*--replace/);
  assert.equal(refused.reports[0].problem.at, "--out");
  assert.deepEqual((await readdir(folder)).sort(), former);
  assert.deepEqual(await framesIn(folder), [25, 25]);

  const elsewhere = await run(at, "c2/cam.mp4", "--no-video", "--out", "second");
  assert.deepEqual(elsewhere.reports[0].frames, 50);

  const whole = ["frames.jsonl", "mot.txt", "notes.txt", "summary.json", "tracks.jsonl"];
  const same = await run(at, "c1/cam.mp4", "--no-video");
  assert.equal(same.code, 0, same.stderr);
  assert.deepEqual((await readdir(folder)).sort(), whole, "nothing of the former run is left");

  const other = await run(at, "c2/cam.mp4", "--no-video", "--replace");
  assert.equal(other.code, 0, other.stderr);
  assert.deepEqual(await framesIn(folder), [50, 50]);
  assert.deepEqual((await readdir(folder)).sort(), whole);
});

test("a run that ends early leaves the former results as they were, and no folder of its own", async () => {
  await using at = await openWorkshop();
  await videos(at, { "cam.mp4": 1, "long.mp4": 60 });
  assert.equal((await run(at, "cam.mp4", "--no-video")).code, 0);
  const folder = join(at.folder, "out/cam");
  const before = await readFile(join(folder, "summary.json"), "utf8");
  const args = ["analyze", "long.mp4", "cam.mp4", "--model", at.model, "--batch", "1"];
  const child = launch(at, args);
  const finished = finish(child);
  // Both folders are held before the first video is begun.
  while (!existsSync(join(folder, ".framequeue"))) await setImmediate();
  const second = await analyze(at, ["cam.mp4", "--no-video", "--model", at.model]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`process ${child.pid}.* writes to .*out/cam`));
  child.kill("SIGTERM");
  assert.equal((await finished).code, 143);
  assert.equal(await readFile(join(folder, "summary.json"), "utf8"), before);
  assert.deepEqual(await readdir(join(at.folder, "out")), ["cam"]);
  assert.ok(!existsSync(join(folder, ".framequeue")));

  // The claim of a killed command holds nobody up.
  const killed = launch(at, args);
  const gone = finish(killed);
  while (!existsSync(join(folder, ".framequeue/.framequeue-process"))) await setImmediate();
  killed.kill("SIGKILL");
  await gone;
  const after = await analyze(at, ["cam.mp4", "--no-video", "--model", at.model]);
  assert.equal(after.code, 0, after.stderr);
  assert.ok(!existsSync(join(folder, ".framequeue")));
});

test("a place that takes no results is refused before the work, and the other videos go on", async () => {
  await using at = await openWorkshop();
  await videos(at, { "clip.mp4": 1, "good.mp4": 1 });
  // Without an extension a video is called as its folder would be.
  await writeFile(join(at.folder, "clip"), await readFile(join(at.folder, "clip.mp4")));
  const { code, reports, stderr } = await run(at, "clip", "good.mp4", "--no-video", "--out", ".");
  assert.equal(code, 1);
  assert.deepEqual(
    reports.map(({ source, state, problem }) => [source, state, problem?.code, problem?.at]),
    [
      ["clip", "failed", "invalid-request", "--out"],
      ["good.mp4", "succeeded", undefined, undefined],
    ],
  );
  assert.match(stderr, /clip cannot be written: .*--out/);

  await writeFile(join(at.folder, "file"), "");
  const file = await run(at, "good.mp4", "--out", "file");
  assert.equal(file.code, 1);
  assert.match(file.stderr, /file\/good cannot be written: part of its path is a file/);
});

const root = process.getuid?.() === 0;
test("a folder that this user may not write to", { skip: root ? "root may" : false }, async () => {
  await using at = await openWorkshop();
  await videos(at, { "cam.mp4": 1 });
  await mkdir(join(at.folder, "closed"));
  await chmod(join(at.folder, "closed"), 0o500);
  const { code, stderr } = await run(at, "cam.mp4", "--out", "closed");
  assert.equal(code, 1);
  assert.match(stderr, /closed\/cam cannot be written: this user may not/);
});

test(
  "a file system that can only be read, or is full",
  { skip: canMount() ? false : "this user may not mount file systems" },
  async () => {
    await using at = await openWorkshop();
    await videos(at, { "cam.mp4": 1 });
    const disk = join(at.folder, "disk");
    await mkdir(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "framequeue-test", disk]);
    try {
      await writeFile(join(disk, "ballast"), Buffer.alloc(100_000));
      const full = await run(at, "cam.mp4", "--out", "disk");
      assert.equal(full.code, 1);
      assert.equal(full.reports[0].problem.code, "store-full");
      assert.match(full.stderr, /disk\/cam cannot be written: there is no room left/);
      assert.deepEqual(await readdir(disk), ["ballast"]);

      execFileSync("mount", ["-o", "remount,ro", disk]);
      const readOnly = await run(at, "cam.mp4", "--out", "disk");
      assert.equal(readOnly.code, 1);
      assert.match(readOnly.stderr, /disk\/cam cannot be written: /);
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  },
);

function canMount(): boolean {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return root;
  } catch {
    return false;
  }
}
