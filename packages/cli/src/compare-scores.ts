import { resolve } from "node:path";
import type { JobToCompare } from "@framequeue/pipeline";
import {
  countTracking,
  motTruth,
  parseMotText,
  trackingScores,
  type TruthBox,
} from "@framequeue/tracking";
import { detectedBoxes, scoreDetections } from "./demo-scores.ts";
import { type LabelledTruth, parseLabelLines, parseTruth } from "./demo-truth.ts";
import { readText } from "./read-text.ts";
import type { Terminal } from "./terminal.ts";

/** Ground truth, with names of its classes where they are to be told apart. */
export interface Truth {
  readonly boxes: readonly LabelledTruth[];
  readonly labels: readonly string[] | undefined;
}

/** Shares, 0 to 1. */
export interface SideScores {
  /** At an overlap of 0.5; the mean over the classes where they are told apart. */
  readonly ap50: number | undefined;
  readonly idf1: number;
}

/** Throws `invalid-request` naming the file that is missing or no MOTChallenge text. */
export async function readTruth(
  {
    truth,
    classes,
  }: { readonly truth?: string | undefined; readonly classes?: string | undefined },
  { cwd }: Pick<Terminal, "cwd">,
): Promise<Truth> {
  const path = resolve(cwd, truth!);
  if (classes === undefined) {
    const boxes = await readText(path, (text): TruthBox[] => motTruth(parseMotText(text)));
    return { boxes: boxes.map((box) => ({ ...box, classId: 0 })), labels: undefined };
  }
  return {
    boxes: await readText(path, parseTruth),
    labels: await readText(resolve(cwd, classes), parseLabelLines),
  };
}

/** How good a job's `frames.jsonl` and `mot.txt` are. */
export async function scoreSide(
  { objects, result }: JobToCompare,
  { boxes, labels }: Truth,
): Promise<SideScores> {
  const read = async (name: "mot.txt" | "frames.jsonl"): Promise<string> =>
    (await objects.get(result!.artifacts[name]!.key)).toString();
  const tracks = parseMotText(await read("mot.txt"));
  const detections = detectedBoxes(await read("frames.jsonl"), labels);
  const { ap50 } = scoreDetections(detections, boxes, labels ?? ["object"]);
  return {
    ap50: ap50 ?? undefined,
    idf1: trackingScores(countTracking(boxes, tracks)).idf1,
  };
}
