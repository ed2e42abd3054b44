import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { labelNames } from "@framequeue/models";
import {
  type ClassedTruth,
  countTracking,
  motTruth,
  trackingScores,
  type TrackingScores,
} from "@framequeue/evaluation";
import { parseMotText } from "@framequeue/tracking";
import {
  countDetections,
  type DetectedBox,
  type DetectionMatching,
  matchDetections,
  meanAveragePrecision,
  precision,
  recall,
  xywhToXyxy,
} from "@framequeue/vision";
import { parseFramesFile } from "../files/frames-file.ts";

/** Least overlap of a box that is right. */
export const IOU_THRESHOLD = 0.5;

/** Shares are 0 to 1; null where there is nothing to divide by. */
interface DetectionScores {
  /** Boxes that have to be found. */
  readonly boxes: number;
  readonly ap50: number | null;
  readonly recall: number | null;
  readonly precision: number | null;
}

/** How good the result of a demo is. Holds nothing that differs between two runs. */
export interface DemoScores {
  /** Objects of the scene that count in one frame at least, by label. */
  readonly objects: Readonly<Record<string, number>>;
  /** Of the detections in `frames.jsonl`, which are those above the model's threshold. `ap50` is the classes' mean. */
  readonly detection: DetectionScores & {
    readonly classes: Readonly<Record<string, DetectionScores>>;
  };
  /** Of the tracks in `mot.txt`, whatever their classes. */
  readonly tracking: TrackingScores;
}

/** Scores a folder by `frames.jsonl`, `mot.txt`, `gt.txt` and `labels.txt`, and by nothing else. */
export async function scoreFolder(folder: string): Promise<DemoScores> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const labels = labelNames(await read("labels.txt")) ?? [];
  const { boxes: truth } = motTruth(parseMotText(await read("gt.txt")), { labels });
  const detections = detectedBoxes(await read("frames.jsonl"), labels);
  const tracks = parseMotText(await read("mot.txt"));
  return {
    objects: countObjects(truth, labels),
    detection: scoreDetections(detections, truth, labels),
    tracking: trackingScores(countTracking(truth, tracks, IOU_THRESHOLD)),
  };
}

/**
 * Frames count from 1, as in the ground truth. Labels that are not among those given are left out.
 *
 * @param labels in the order of the class ids; without them every box is of class 0
 */
export function detectedBoxes(
  framesJsonl: string,
  labels: readonly string[] | undefined,
): DetectedBox[] {
  return parseFramesFile(framesJsonl, "frames.jsonl").flatMap((row) => {
    if ("gap" in row) return [];
    return row.detections.flatMap(({ box, score, label }): DetectedBox[] => {
      const classId = labels === undefined ? 0 : labels.indexOf(label);
      if (classId === -1) return [];
      return [{ frame: row.frame + 1, classId, score, boxXyxy: xywhToXyxy(box) }];
    });
  });
}

/** How well boxes are found, by class and in the mean. */
export function scoreDetections(
  detections: readonly DetectedBox[],
  truth: readonly ClassedTruth[],
  labels: readonly string[],
): DemoScores["detection"] {
  const boxes = truth.map(({ frame, classId, boxXywh, use }) => ({
    ...{ frame, classId, boxXyxy: xywhToXyxy(boxXywh), ignored: use !== "scored" },
  }));
  const matchings = labels.map((_, classId) =>
    matchDetections(detections, boxes, classId, IOU_THRESHOLD),
  );
  return {
    ...scoreMatchings(matchings),
    classes: Object.fromEntries(
      labels.map((label, classId) => [label, scoreMatchings([matchings[classId]!])]),
    ),
  };
}

function scoreMatchings(matchings: readonly DetectionMatching[]): DetectionScores {
  const counts = countDetections(matchings);
  return {
    boxes: counts.truePositives + counts.falseNegatives,
    ap50: meanAveragePrecision(matchings) ?? null,
    recall: recall(counts) ?? null,
    precision: precision(counts) ?? null,
  };
}

function countObjects(
  truth: readonly ClassedTruth[],
  labels: readonly string[],
): Record<string, number> {
  const scored = truth.filter(({ use }) => use === "scored");
  const idsOf = (label: number): Set<number> =>
    new Set(scored.filter(({ classId }) => classId === label).map(({ id }) => id));
  return Object.fromEntries(labels.map((label, classId) => [label, idsOf(classId).size]));
}
