import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import { evalDetect } from "./eval-detect.ts";
import type { Terminal } from "../text/terminal.ts";

/** Two cats and a crowd of dogs in image 3; one cat found well, one badly. */
const truth = {
  images: [{ id: 3 }, { id: 4 }],
  categories: [
    { id: 17, name: "cat" },
    { id: 18, name: "dog" },
  ],
  annotations: [
    { image_id: 3, category_id: 17, bbox: [0, 0, 50, 50], area: 2000, iscrowd: 0 },
    { image_id: 3, category_id: 17, bbox: [100, 0, 50, 50], area: 2000, iscrowd: 0 },
    { image_id: 3, category_id: 18, bbox: [0, 100, 200, 100], area: 20000, iscrowd: 1 },
  ],
};
const results = [
  { image_id: 3, category_id: 17, bbox: [0, 0, 50, 50], score: 0.9 },
  { image_id: 3, category_id: 17, bbox: [100, 0, 50, 30], score: 0.8 },
  { image_id: 3, category_id: 18, bbox: [10, 110, 20, 20], score: 0.7 },
];

async function run(files: Record<string, string>, ...args: string[]): Promise<string> {
  return (await runAloud(files, ...args)).stdout;
}

async function runAloud(
  files: Record<string, string>,
  ...args: string[]
): Promise<{ stdout: string; stderr: string }> {
  const cwd = await mkdtemp(join(tmpdir(), "fq-eval-"));
  const said = { stdout: "", stderr: "" };
  const into = (name: keyof typeof said): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        said[name] += String(chunk);
        done();
      },
    });
  try {
    for (const [name, body] of Object.entries(files)) await writeFile(join(cwd, name), body);
    const terminal = { cwd, stdout: into("stdout"), stderr: into("stderr") };
    assert.equal(await evalDetect(args, terminal as unknown as Terminal), 0);
    return said;
  } finally {
    await rm(cwd, { recursive: true });
  }
}

const files = { "gt.json": JSON.stringify(truth), "pred.json": JSON.stringify(results) };
const both = ["--gt", "gt.json", "--pred", "pred.json"];

test("COCO's files are scored, and a crowd is no object", async () => {
  const scores = JSON.parse(await run(files, ...both, "--json")) as Record<string, unknown>;
  // the second overlaps by 0.6: both are found at the thresholds 0.50, 0.55 and 0.60, one at the other seven
  const half = 51 / 101;
  assert.ok(Math.abs((scores["ap"] as number) - (3 + 7 * half) / 10) < 1e-9);
  assert.equal(scores["ap50"], 1);
  assert.equal(scores["apSmall"], null);
  assert.deepEqual(
    (scores["classes"] as { name: string; objects: number }[]).map((each) => [
      each.name,
      each.objects,
    ]),
    [
      ["cat", 2],
      ["dog", 0],
    ],
  );
  const table = await run(files, ...both, "--classes");
  assert.match(table, /^AP {4}IoU 0\.50:0\.95 {2}all {5}100 per image {2}0\.653$/m);
  assert.match(table, /^dog +0 +- +- +-$/m);
});

test("the product's own frames are scored by frame number and label", async () => {
  const header = { schemaVersion: 1, kind: "frames" };
  const detections = results.map(({ bbox, score, category_id: id }) => {
    return { box: bbox, score, classId: 0, label: id === 17 ? "cat" : "dog" };
  });
  const other = { box: [0, 0, 9, 9], score: 0.9, classId: 9, label: "kite" };
  const lines = [header, { frame: 3, pts: 0, detections: [...detections, other] }];
  const frames = lines.map((line) => JSON.stringify(line)).join("\n");
  const own = ["--gt", "gt.json", "--pred", "frames.jsonl"];
  const { stdout, stderr } = await runAloud({ ...files, "frames.jsonl": frames }, ...own);
  assert.equal(stdout, await run(files, ...both));
  assert.match(stderr, /set aside, because the truth has no such category: 1 kite\.\n/);
  assert.match(stderr, /1 of the truth's 2 images are no frames of it/);
  const refused: [lines: object[], message: RegExp][] = [
    // the first frame is not passed over as if it were the header
    [lines.slice(1), /frames\.jsonl, line 1: it is not the header/],
    [[{ ...header, kind: "tracks" }], /line 1: it is not the header/],
    [
      [header, { frame: 3, pts: 0, detections: [other] }],
      /none of its labels \(1 kite\) is a category of the truth: cat, dog/,
    ],
  ];
  for (const [rows, message] of refused) {
    const text = rows.map((row) => JSON.stringify(row)).join("\n");
    await assert.rejects(run({ ...files, "frames.jsonl": text }, ...own), {
      code: "invalid-request",
      message,
    });
  }
});

const wrong: [name: string, pred: string, message: RegExp][] = [
  ["no JSON", "[", /pred\.json: it is not JSON/],
  ["no results", '[{"image_id":3}]', /0\.category_id/],
  [
    "another image",
    JSON.stringify([{ ...results[0], image_id: 5 }]),
    /image 5 is not in the ground truth/,
  ],
  ["another category", JSON.stringify([{ ...results[0], category_id: 1 }]), /category 1 is not in/],
];
for (const [name, pred, message] of wrong) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(run({ ...files, "pred.json": pred }, ...both), {
      code: "invalid-request",
      message,
    });
  });
}

test("both files are needed", async () => {
  await assert.rejects(run(files, "--gt", "gt.json"), { at: "--pred" });
  await assert.rejects(
    run(files, "--gt", "gt.json", "--pred", "none.json"),
    /no file .*none\.json/,
  );
});
