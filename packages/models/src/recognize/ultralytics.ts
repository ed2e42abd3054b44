import { parseNames } from "./file-names.ts";
import type { Hints } from "./hints.ts";

const TASKS = ["detect", "segment", "classify", "pose", "obb"] as const;

/** What Ultralytics' exporter says of a model in its file. */
export interface UltralyticsExport {
  readonly task: (typeof TASKS)[number];
  /** Numbers of a detection that are its key points; 0 where it has none. */
  readonly keyPoints: number;
  /** Whether its detections are finished: it was trained so, or exported with its suppression. */
  readonly isEndToEnd: boolean;
}

/** Undefined where the file is from elsewhere. */
export function ultralytics({ metadata }: Pick<Hints, "metadata">): UltralyticsExport | undefined {
  const task = TASKS.find((each) => each === metadata?.get("task"));
  if (metadata === undefined || task === undefined) return undefined;
  // (17, 3) or [17, 3]: so many points, each with so many numbers
  const [, points, numbers] =
    /^\s*[[(]\s*(\d+)\s*,\s*(\d+)\s*[\])]\s*$/.exec(metadata.get("kpt_shape") ?? "") ?? [];
  const isSuppressed = /'nms': True/.test(metadata.get("args") ?? "");
  return {
    task,
    keyPoints: numbers === undefined ? 0 : Number(points) * Number(numbers),
    isEndToEnd: isSuppressed || /^true$/i.test(metadata.get("end2end") ?? ""),
  };
}

/** Names of the classes that the file holds, as exporters write them. */
export function namesInFile({ metadata }: Pick<Hints, "metadata">): string[] | undefined {
  return parseNames(metadata?.get("names") ?? "");
}

/** The user's names of the classes, or those in the file. */
export function givenNames(hints: Hints): readonly string[] | undefined {
  return hints.labels ?? namesInFile(hints);
}
