import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { testDetector } from "@framequeue/graphs";
import { CATALOGUE } from "@framequeue/models";

// What the readers of the documents have of their own: sh scripts/run.sh tests/docs/commands/fixtures.ts CLONE [MODELS]
// writes it into a clone in which a demo has left `first`. MODELS is a folder with files of the catalogue, for machines
// without a network.

const [clone = "", models] = process.argv.slice(2);
const at = (...names: string[]): string => join(clone, ...names);
const write = (name: string, value: unknown): void =>
  writeFileSync(at(name), typeof value === "string" ? value : JSON.stringify(value));

for (const folder of ["videos", "data/models"]) mkdirSync(at(folder), { recursive: true });
copyFileSync(at("first/scene.mp4"), at("video.mp4"));

const { sha256: _, ...manifest } = JSON.parse(
  readFileSync(at("models/starter-detector/manifest.json"), "utf8"),
);
write("yard.manifest.json", { ...manifest, name: "yard", file: "yard.onnx" });
writeFileSync(at("tiny.onnx"), testDetector({ width: 416, height: 416, batch: 1 }));
write("labels.txt", "car\ntruck\nperson\n");

const rows = readFileSync(at("first/mot.txt"), "utf8").trim().split("\n");
const columns = rows.map((row) => row.split(","));
write(
  "det.txt",
  columns
    .map(([frame, id, ...box]) => [frame, -1, ...box.slice(0, 5), -1, -1, -1, Number(id) % 2, 1])
    .map((row) => `${row.join(",")}\n`)
    .join(""),
);
const frames = Math.max(...columns.map(([frame]) => Number(frame)));
write("cmc.txt", Array.from({ length: frames }, (_row, i) => `${i} 1 0 0 0 1 0\n`).join(""));
copyFileSync(at("first/gt.txt"), at("gt.txt"));
write("pred.txt", `${rows.join("\n")}\n`);

const box = { image_id: 1, category_id: 1, bbox: [10, 10, 20, 30] };
write("instances_val.json", {
  images: [{ id: 1, width: 640, height: 480 }],
  categories: [{ id: 1, name: "car" }],
  annotations: [{ ...box, id: 1, area: 600, iscrowd: 0 }],
});
write("results.json", [{ ...box, score: 0.9 }]);

if (models !== undefined) {
  const files = new Map(
    readdirSync(resolve(models))
      .filter((name) => name.endsWith(".onnx"))
      .map((name) => resolve(models, name))
      .map((path) => [createHash("sha256").update(readFileSync(path)).digest("hex"), path]),
  );
  for (const entry of CATALOGUE) {
    const file = files.get(entry.sha256);
    if (file === undefined) continue;
    const folder = at("data/models", entry.name);
    mkdirSync(folder, { recursive: true });
    cpSync(file, join(folder, entry.manifest.file));
    writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(entry.manifest, null, 2)}\n`);
  }
}
