import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ProblemError } from "@framequeue/contracts";
import { evaluate } from "./eval.ts";
import type { Terminal } from "./terminal.ts";
import { track } from "./track.ts";

const data = fileURLToPath(new URL("../../../../shared/data/mot", import.meta.url));

/** A folder of its own for the test, and commands that run in it. */
async function withFolder(
  work: (folder: string, run: (...args: string[]) => Promise<string>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fq-track-"));
  const run = async (command = "", ...args: string[]): Promise<string> => {
    let printed = "";
    const stdout = { write: (text: string) => ((printed += text), true) };
    const terminal = { cwd: folder, stdout, stderr: stdout } as unknown as Terminal;
    assert.equal(await (command === "track" ? track : evaluate)(args, terminal), 0);
    return printed;
  };
  try {
    await work(folder, run);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A walker from the left and one from the right, with these ids. */
function walkers(frames: number, ids: readonly [number, number] = [-1, -1]): string {
  const line = (frame: number, id: number, x: number): string =>
    `${frame},${id},${x},50,20,40,0.9,-1,-1,-1\n`;
  return Array.from(
    { length: frames },
    (_, i) => line(i + 1, ids[0], 10 + 3 * i) + line(i + 1, ids[1], 200 - 2 * i),
  ).join("");
}

test("detections in, tracks out, scored against what they were made of", async () => {
  await withFolder(async (folder, run) => {
    await writeFile(join(folder, "det.txt"), walkers(12));
    await writeFile(join(folder, "gt.txt"), walkers(12, [1, 2]));
    for (const tracker of ["sort", "bytetrack", "ocsort", "botsort"]) {
      await run("track", "--detections", "det.txt", "--tracker", tracker, "--out", "pred.txt");
      const rows = (await readFile(join(folder, "pred.txt"), "utf8")).trimEnd().split("\n");
      assert.equal(rows.length, 24);
      const scored = ["track", "--gt", "gt.txt", "--pred", "pred.txt", "--json"];
      const { overall } = JSON.parse(await run("eval", ...scored));
      assert.deepEqual([overall.mota, overall.idf1, overall.idSwitches], [1, 1, 0]);
    }
  });
});

test("options of the tracker can be set, and nonsense is named", async () => {
  await withFolder(async (folder, run) => {
    await writeFile(join(folder, "det.txt"), walkers(6));
    const base = ["--detections", "det.txt", "--tracker", "sort", "--out", "pred.txt"];
    await run("track", ...base, "--set", "minScore=0.95");
    assert.equal(await readFile(join(folder, "pred.txt"), "utf8"), "");
    for (const bad of [
      ["--set", "frobs=1"],
      ["--set", "algorithm=ocsort"],
      ["--set", "maxAge=soon"],
      ["--set", "maxAge=-1"],
      ["--tracker", "magic"],
      ["--detections", "nowhere.txt"],
      ["--frob"],
    ]) {
      await assert.rejects(run("track", ...base, ...bad), ProblemError);
    }
    await assert.rejects(run("track", "--tracker", "sort"), ProblemError);
    await writeFile(join(folder, "det.txt"), "1,-1,0,0,10\n");
    await assert.rejects(run("track", ...base), /det\.txt, line 1/);
  });
});

test("what cannot be scored is named", async () => {
  await withFolder(async (folder, run) => {
    await writeFile(join(folder, "gt.txt"), "1,1,0,0,10,10,1\n");
    for (const bad of [
      ["colours"],
      ["track", "--gt", "gt.txt"],
      ["track", "--gt", "gt.txt", "--pred", "nowhere.txt"],
      ["track", "--gt", ".", "--pred", "."],
      ["track", "--gt", "gt.txt", "--pred", "gt.txt", "--iou", "0"],
      ["track", "--gt", "gt.txt", "--pred", "gt.txt", "--benchmark", "mot99"],
    ]) {
      await assert.rejects(run("eval", ...bad), ProblemError);
    }
  });
});

const references: readonly (readonly [file: string, ...args: string[]])[] = [
  ["sort", "--tracker", "sort"],
  ["bytetrack", "--tracker", "bytetrack"],
  ["ocsort", "--tracker", "ocsort"],
  ["botsort", "--tracker", "botsort"],
  ["deepsort", "--tracker", "deepsort"],
  ["botsort-reid", "--tracker", "botsort", "--set", "appearance=true"],
];

test(
  "tracks of the reference sequences score as the references' do",
  { skip: existsSync(data) ? false : "shared/data is not here: no reference results" },
  async (context) => {
    await withFolder(async (_folder, run) => {
      for (const sequence of ["MOT17-05", "dance-0043", "appearance-a"]) {
        const folder = join(data, sequence);
        const gt = join(folder, "gt.txt");
        for (const [name, ...args] of references) {
          const reference = join(folder, `${name}.txt`);
          if (!existsSync(reference)) continue;
          const cmc = join(folder, "cmc.txt");
          const camera = name === "botsort" && existsSync(cmc) ? ["--cmc", cmc] : [];
          const detections = join(folder, "det.txt");
          await run("track", "--detections", detections, ...args, ...camera, "--out", "pred.txt");
          const scoresOf = async (pred: string) =>
            JSON.parse(await run("eval", "track", "--gt", gt, "--pred", pred, "--json")).overall;
          const [ours, theirs] = [await scoresOf("pred.txt"), await scoresOf(reference)];
          for (const [key, value] of Object.entries(theirs as Record<string, number>)) {
            assert.ok(Math.abs(ours[key] - value) < 1e-3, `${sequence}, ${name}: ${key}`);
          }
          context.diagnostic(`${sequence}, ${name}: HOTA ${(100 * ours.hota).toFixed(2)}`);
        }
      }
    });
  },
);
