import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { putAliases, readMetrics } from "@framequeue/pipeline";
import { createFolderStore } from "@framequeue/storage";
import { finish, launch, leftovers, openWorkshop, ROOT, type Workshop } from "./product.ts";

const STARTER = join(ROOT, "models/starter-detector");

async function json(at: Workshop, ...args: string[]): Promise<any> {
  const { code, stdout, stderr } = await finish(launch(at, [...args, "--json"]));
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** The bundled detector with another threshold: the same file, so the same sha256. */
async function stricterStarter(at: Workshop): Promise<string> {
  const folder = join(at.folder, "strict");
  await cp(STARTER, folder, { recursive: true });
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  manifest.thresholds.score = 0.6;
  manifest.version = "strict";
  await writeFile(path, JSON.stringify(manifest));
  return folder;
}

test("two thresholds of one file are held against each other, with the scores that the demo and eval give", async () => {
  await using at = await openWorkshop();
  const strict = await stricterStarter(at);
  const demo = await json(at, "demo", "--seconds", "2");
  const scene = join(at.folder, "out/demo");
  const [video, truth, classes] = ["scene.mp4", "gt.txt", "labels.txt"].map((name) =>
    join(scene, name),
  );
  const given = ["--truth", truth!, "--classes", classes!];
  const models = ["starter-detector", strict];
  const { first, second, agreement, scores } = await json(
    at,
    ...["models", "compare", ...models, video!, ...given],
  );
  assert.deepEqual(
    [first, second].map(({ models: [model] }) => model.version),
    ["1.1.0", "strict"],
  );
  assert.equal(scores[0].ap50, demo.detection.ap50);
  assert.equal(agreement.first, demo.result.detections);
  assert.ok(agreement.second < agreement.first, "a higher threshold leaves less");
  // what the strict one sees the other sees, too, at the same place
  assert.deepEqual([agreement.agreed, agreement.overlap], [agreement.second, 1]);
  for (const [i, model] of models.entries()) {
    const out = ["--out", `out/${i}`, "--no-video"];
    const { artifacts } = await json(at, "analyze", video!, "--model", model, ...out);
    const tracks = ["--gt", truth!, "--pred", artifacts["mot.txt"]];
    const { overall } = await json(at, "eval", "track", ...tracks);
    assert.equal(scores[i].idf1, overall.idf1);
  }
  // the same truth as CVAT writes it, class in column 8 and names beside it, has the same figures
  const cvat = join(at.folder, "cvat/gt");
  await mkdir(cvat, { recursive: true });
  const rows = (await readFile(truth!, "utf8")).trimEnd().split("\n");
  const lines = rows.map((row) => {
    const [frame, id, x, y, w, h, flag, , visibility, label] = row.split(",");
    return [frame, id, x, y, w, h, flag, label, visibility].join(",");
  });
  await writeFile(join(cvat, "gt.txt"), `${lines.join("\n")}\n`);
  const compare = [...["models", "compare", ...models, video!], "--truth", join(cvat, "gt.txt")];
  await writeFile(join(cvat, "labels.txt"), "lorry\nbus\nkite\n");
  const strange = await finish(launch(at, compare));
  assert.equal(strange.code, 1);
  assert.match(strange.stderr, /knows none of the truth's classes \(lorry, bus, kite\).*--classes/);
  await cp(classes!, join(cvat, "labels.txt"));
  assert.deepEqual((await json(at, ...compare)).scores, scores);
  assert.deepEqual(await leftovers(at), []);
});

test("a version in the store keeps its manifest, whatever is stored after it", async () => {
  await using at = await openWorkshop();
  const strict = await stricterStarter(at);
  const { sha256 } = JSON.parse(await readFile(join(STARTER, "manifest.json"), "utf8"));
  const path = join(at.folder, "data/objects/models", sha256);
  const store = (model: string) => finish(launch(at, ["models", "store", model]));
  assert.equal((await store("starter-detector")).stderr, "");
  const kept = await readFile(join(path, "manifest.json"), "utf8");
  const { by } = JSON.parse(await readFile(join(path, "lineage.json"), "utf8"));
  assert.equal(by, "bundled");
  assert.equal((await store("starter-detector")).stderr, "", "again is no fault");
  const { code, stdout, stderr } = await store(strict);
  assert.deepEqual([code, stdout], [0, "starter-detector@1.1.0\n"]);
  assert.match(
    stderr,
    /starter-detector@strict is the file of starter-detector@1\.1\.0 with another/,
  );
  assert.equal(await readFile(join(path, "manifest.json"), "utf8"), kept);
});

test("versions in the store are compared by alias, and the figures are kept with them", async () => {
  await using at = await openWorkshop();
  await json(at, "demo", "--seconds", "1", "--no-video");
  const video = join(at.folder, "out/demo/scene.mp4");
  const stored = await finish(launch(at, ["models", "store", "starter-detector"]));
  assert.equal(stored.code, 0, stored.stderr);
  const objects = createFolderStore(join(at.folder, "data/objects"));
  const { sha256 } = JSON.parse(await readFile(join(STARTER, "manifest.json"), "utf8"));
  const names = ["starter-detector@stable", "starter-detector@1.1.0"];
  const none = await finish(launch(at, ["models", "compare", ...names, video]));
  assert.match(none.stderr, /starter-detector has no stable/);
  await putAliases(objects, {
    ...{ v: 1, name: "starter-detector", revision: 1, stable: sha256, before: [] },
  });
  const wrong = await finish(
    launch(at, ["models", "compare", names[0]!, STARTER, video, "--record"]),
  );
  assert.match(wrong.stderr, /--record needs two versions/);
  const truth = join(at.folder, "out/demo/gt.txt");
  const run = ["models", "compare", ...names, video, "--truth", truth, "--record"];
  const { agreement, scores } = await json(at, ...run);
  assert.deepEqual([agreement.share, agreement.equalFrames], [1, 25]);
  assert.deepEqual(scores[0], scores[1]);
  const kept = await readMetrics(objects, sha256);
  assert.equal(kept.length, 2, "one for each side");
  for (const { on, by, values } of kept) {
    assert.deepEqual([on, by], ["scene.mp4", "compare"]);
    assert.deepEqual([values["ap50"], values["idf1"]], [scores[0].ap50, scores[0].idf1]);
    assert.equal(values["agreement"], 1);
    assert.ok(values["framesPerSecond"]! > 0);
  }
});
