import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseMotText } from "@framequeue/tracking";
import { countTracking, trackingScores } from "./evaluate.ts";
import type { TrackingCounts, TrackingScores } from "./evaluate.ts";
import { motTruth } from "./mot-truth.ts";

const shared = new URL("../../../../shared/", import.meta.url);
const data = new URL("data/mot/", shared);
const tool = new URL("tools/mot-eval.mjs", shared);
const present = existsSync(data) && existsSync(tool);
const notTrackers = new Set(["det.txt", "gt.txt", "cmc.txt"]);

/** The names of the reference evaluator's figures. */
const NAMES = {
  MOTA: "mota",
  MOTP: "motp",
  IDF1: "idf1",
  IDP: "idPrecision",
  IDR: "idRecall",
  IDSW: "idSwitches",
  FP: "falsePositives",
  FN: "falseNegatives",
  TP: "truePositives",
  MT: "mostlyTracked",
  PT: "partlyTracked",
  ML: "mostlyLost",
  Frag: "fragmentations",
  HOTA: "hota",
  DetA: "detA",
  AssA: "assA",
  LocA: "locA",
} as const satisfies Record<string, keyof TrackingScores>;
type Reference = Record<keyof typeof NAMES, number>;

function runTool(pairs: readonly (readonly [gt: URL, pred: URL])[], more: string[]): Reference[] {
  const args = pairs.flatMap(([gt, pred]) => [
    ...["--gt", fileURLToPath(gt)],
    ...["--pred", fileURLToPath(pred)],
  ]);
  const output = execFileSync(process.execPath, [fileURLToPath(tool), ...args, ...more]);
  const { sequences, overall } = JSON.parse(output.toString());
  return [...sequences, overall];
}

function compare(scores: TrackingScores, reference: Reference, what: string): void {
  for (const [name, key] of Object.entries(NAMES)) {
    const expected = reference[name as keyof Reference];
    assert.ok(
      Math.abs(scores[key] - expected) < 1e-9,
      `${what}, ${name}: ${scores[key]} and not ${expected}`,
    );
  }
}

for (const [benchmark, iouThreshold] of [
  [undefined, 0.5],
  ["mot15", 0.75],
] as const) {
  test(
    `agrees with the reference evaluator (${benchmark ?? "benchmark by the data"}, IoU ${iouThreshold})`,
    { skip: present ? false : "shared/data is not here: no reference results" },
    (context) => {
      const pairs = readdirSync(data).flatMap((sequence) => {
        const folder = new URL(`${sequence}/`, data);
        const gt = new URL("gt.txt", folder);
        if (!existsSync(gt)) return [];
        const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));
        return files
          .filter((name) => !notTrackers.has(name))
          .map((name) => [gt, new URL(name, folder)] as const);
      });
      assert.ok(pairs.length > 0);
      const references = runTool(pairs, [
        ...["--iou", String(iouThreshold)],
        ...(benchmark === undefined ? [] : ["--benchmark", benchmark]),
      ]);
      const read = (file: URL) => parseMotText(readFileSync(file, "utf8"));
      const counts = pairs.map(([gt, pred], i): TrackingCounts => {
        const found = countTracking(
          motTruth(read(gt), { benchmark }).boxes,
          read(pred),
          iouThreshold,
        );
        compare(trackingScores(found), references[i]!, fileURLToPath(pred));
        return found;
      });
      compare(trackingScores(...counts), references.at(-1)!, "all");
      context.diagnostic(`${pairs.length} results`);
    },
  );
}
