import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ProblemError } from "@framequeue/contracts";
import { evaluate } from "./eval.ts";
import type { Terminal } from "../text/terminal.ts";
import { track } from "./track.ts";

const data = fileURLToPath(new URL("../../../../../shared/data/mot", import.meta.url));

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

/** The JSON object, which is what was printed last. */
function answer(printed: string): any {
  return JSON.parse(printed.trimEnd().split("\n").at(-1)!);
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
    await writeFile(join(folder, "det.txt"), "1,-1,0,0,10,10\n");
    await assert.rejects(run("track", ...base), /line 1: expected .*height,score, got/);
    await writeFile(join(folder, "det.txt"), walkers(6));
    await writeFile(join(folder, "cmc.txt"), "0 1 0 0 0 1 0\n".repeat(5));
    const moving = ["--detections", "det.txt", "--tracker", "botsort", "--cmc", "cmc.txt"];
    await assert.rejects(run("track", ...moving, "--out", "pred.txt"), {
      at: "--cmc",
      message: "cmc.txt has 5 motions, and there are 6 frames: each needs one.",
    });
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

/** A car and a person that walk beside each other; the tracks follow both, one of them for half of the time. */
const followed = (columns: (id: number, frame: number) => string): string =>
  Array.from({ length: 10 }, (_, i) =>
    [1, 2].map((id) => `${i + 1},${id},${10 * i},${100 * id},40,40,${columns(id, i)}\n`).join(""),
  ).join("");
const tracked = followed(() => "0.9,-1,-1,-1")
  .split("\n")
  .filter((line) => !/^([6-9]|10),2,/.test(line))
  .join("\n");

test("CVAT's truth is read by its labels.txt: every class counts, and the answer is the same without classes", async () => {
  await withFolder(async (folder, run) => {
    const scores = async (gt: string, ...args: string[]) =>
      answer(await run("eval", "track", "--gt", gt, "--pred", "pred.txt", "--json", ...args))
        .overall;
    const at = (name: string): string => join(folder, name);
    await mkdir(at("cvat/gt"), { recursive: true });
    await writeFile(at("pred.txt"), tracked);
    await writeFile(
      at("plain.txt"),
      followed(() => "1"),
    );
    await writeFile(
      at("cvat/gt/gt.txt"),
      followed((id) => `1,${id},1.0`),
    );
    const expected = await scores("plain.txt");
    assert.ok(Math.abs(expected.idf1 - 30 / 35) < 1e-9, "worked out by hand");
    // without names, class 1 is a pedestrian and 2 somebody in a vehicle
    assert.equal((await scores("cvat/gt/gt.txt")).idf1, 1);
    await writeFile(at("cvat/gt/labels.txt"), "person\r\ncar\r\n");
    assert.deepEqual(await scores("cvat/gt/gt.txt"), expected);
    await writeFile(at("names.txt"), "person\ncar\n");
    assert.deepEqual(await scores("cvat/gt/gt.txt", "--classes", "names.txt"), expected);
    assert.equal((await scores("cvat/gt/gt.txt", "--benchmark", "mot17")).idf1, 1);
  });
});

test("rows that do not count are counted aloud, and a truth of which nothing counts is refused with what helps", async () => {
  await withFolder(async (folder, run) => {
    const at = (name: string): string => join(folder, name);
    await writeFile(at("pred.txt"), tracked);
    const evalTrack = (...args: string[]) =>
      run("eval", "track", "--gt", "gt.txt", "--pred", "pred.txt", ...args);
    await writeFile(
      at("gt.txt"),
      followed((id, i) => `${i < 3 ? 0 : 1},${id},1`),
    );
    assert.match(
      await evalTrack(),
      /gt\.txt: 7 of 20 rows count; set aside: 3 with 0 in column 7, 10 of class 2\.\n/,
    );
    const { sequences } = answer(await evalTrack("--json"));
    assert.deepEqual(sequences[0].truth, {
      rows: 20,
      counted: 7,
      setAside: { "with 0 in column 7": 3, "of class 2": 10 },
    });
    await writeFile(
      at("gt.txt"),
      followed(() => "1,3,1"),
    );
    await assert.rejects(evalTrack(), {
      code: "invalid-request",
      message: /0 of 20 rows count; set aside: 20 of class 3\. Name its classes, .* --classes FILE/,
    });
    await writeFile(at("names.txt"), "a\nb\nc\n");
    assert.match(await evalTrack("--classes", "names.txt"), /^sequence .*MOTA/);
    // the benchmark's rules need a class, and none is made up
    await writeFile(
      at("gt.txt"),
      followed(() => "1"),
    );
    await assert.rejects(evalTrack("--benchmark", "mot17"), /has no class in column 8/);
    await assert.rejects(evalTrack("--classes", "names.txt"), /has no class in column 8/);
    await writeFile(at("gt.txt"), "");
    await assert.rejects(evalTrack(), /gt\.txt has no rows/);
  });
});

test("a sequence without tracks is not left out of the figures", async () => {
  await withFolder(async (folder, run) => {
    const at = (name: string): string => join(folder, name);
    for (const name of ["a", "b"]) {
      await mkdir(at(`gt/${name}/gt`), { recursive: true });
      await writeFile(
        at(`gt/${name}/gt/gt.txt`),
        followed(() => "1"),
      );
    }
    await mkdir(at("pred"));
    await writeFile(at("pred/a.txt"), tracked);
    const evalTrack = () => run("eval", "track", "--gt", "gt", "--pred", "pred", "--json");
    await assert.rejects(evalTrack(), {
      at: "--pred",
      message:
        /gt\/b\/gt\/gt\.txt has no tracks: there is neither .*pred\/b\.txt nor .*pred\/b\/pred\.txt/,
    });
    await writeFile(at("pred/b.txt"), "");
    const { sequences, overall } = answer(await evalTrack());
    assert.equal(sequences[1].falseNegatives, 20);
    assert.equal(overall.falseNegatives, 25);
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
          const given = ["--preset", "reference", ...args, ...camera, "--out", "pred.txt"];
          await run("track", "--detections", detections, ...given);
          const scoresOf = async (pred: string) =>
            answer(await run("eval", "track", "--gt", gt, "--pred", pred, "--json")).overall;
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
