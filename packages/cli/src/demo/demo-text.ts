import { dirname } from "node:path";
import type { Summary } from "@framequeue/contracts";
import type { DemoOptions } from "../options/demo-options.ts";
import { type DemoScores, IOU_THRESHOLD } from "./demo-scores.ts";

/** What a person wants to read when a demo is done. */
export function describeDemo(
  { seed, seconds, difficulty }: DemoOptions,
  minScore: number,
  { objects, detection, tracking }: DemoScores,
  summary: Summary,
  artifacts: Readonly<Record<string, string>>,
): string {
  const { frames, timing, warnings } = summary;
  const byClass = Object.entries(detection.classes).map(
    ([label, { ap50 }]) => `${label} ${share(ap50)}`,
  );
  const files = Object.keys(artifacts);
  return [
    `Scene ${seed}, ${difficulty}, ${seconds} s, never seen by the detector`,
    `  objects     ${counted(objects)} in the scene; tracks of ${counted(summary.objects)}`,
    `  AP50        ${byClass.join(", ")}; mean ${share(detection.ap50)}`,
    `  recall      ${share(detection.recall)} of ${detection.boxes} boxes`,
    `  precision   ${share(detection.precision)}`,
    `  IDF1        ${share(tracking.idf1)}`,
    `  MOTA        ${share(tracking.mota)}`,
    `  id switches ${tracking.idSwitches}`,
    `  speed       ${timing.fps.toFixed(1)} fps (${frames} frames in ${timing.seconds.toFixed(1)} s)`,
    ...warnings.map(({ detail }) => `  warning     ${detail}`),
    `  results     ${dirname(artifacts[files[0]!]!)}/{${files.join(",")}}`,
    `At IoU ${IOU_THRESHOLD} over detections that score at least ${minScore}, which is what frames.jsonl holds.`,
    "",
  ].join("\n");
}

function counted(objects: Readonly<Record<string, number>>): string {
  const counts = Object.entries(objects)
    .filter(([, count]) => count > 0)
    .map(([label, count]) => `${count} ${label}`);
  return counts.length === 0 ? "none" : counts.join(", ");
}

function share(value: number | null): string {
  return value === null ? "-" : value.toFixed(3);
}
