import { countTracking, trackingScores } from "@framequeue/evaluation";
import { type JobToCompare, readText } from "@framequeue/outputs";
import { parseMotText } from "@framequeue/tracking";
import { detectedBoxes, scoreDetections } from "../demo/demo-scores.ts";
import type { Truth } from "./truth-file.ts";

/** Shares, 0 to 1. */
export interface SideScores {
  /** At an overlap of 0.5; the mean over the classes where they are told apart. */
  readonly ap50: number | undefined;
  readonly idf1: number;
}

/** How good a job's `frames.jsonl` and `mot.txt` are. */
export async function scoreSide(
  { objects, result }: JobToCompare,
  { boxes, labels }: Truth,
): Promise<SideScores> {
  const read = (name: "mot.txt" | "frames.jsonl"): Promise<string> =>
    readText(objects, result!.artifacts[name]!);
  const tracks = parseMotText(await read("mot.txt"));
  const detections = detectedBoxes(await read("frames.jsonl"), labels);
  const { ap50 } = scoreDetections(detections, boxes, labels ?? ["object"]);
  return {
    ap50: ap50 ?? undefined,
    idf1: trackingScores(countTracking(boxes, tracks)).idf1,
  };
}
