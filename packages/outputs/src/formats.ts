import type { ResultType } from "@framequeue/contracts";
import type { AnyFormat, Format, Made, Need, Wishes } from "./format.ts";
import { CONDITIONS } from "./format.ts";
import { analyticsJson } from "./formats/analytics-json.ts";
import { annotatedMp4 } from "./formats/annotated-mp4.ts";
import { cocoJson } from "./formats/coco-json.ts";
import { detectionsCsv } from "./formats/detections-csv.ts";
import { eventsJsonl } from "./formats/events-jsonl.ts";
import { eventsVtt } from "./formats/events-vtt.ts";
import { framesJsonl } from "./formats/frames-jsonl.ts";
import { heatmapPng } from "./formats/heatmap-png.ts";
import { motTxt } from "./formats/mot-txt.ts";
import { summaryJson } from "./formats/summary-json.ts";
import { tracksJsonl } from "./formats/tracks-jsonl.ts";
import { tracksVtt } from "./formats/tracks-vtt.ts";
import { viewsJsonl } from "./formats/views-jsonl.ts";

/**
 * Every file that a job can leave, and every one that can be made of these. What writes, lists, serves or expects result
 * files goes by this table; a file is in it and nowhere else.
 */
export const FORMATS: readonly AnyFormat[] = [
  framesJsonl,
  tracksJsonl,
  motTxt,
  viewsJsonl,
  eventsJsonl,
  analyticsJson,
  heatmapPng,
  summaryJson,
  annotatedMp4,
  cocoJson,
  detectionsCsv,
  tracksVtt,
  eventsVtt,
];

export function formatOf(name: string): AnyFormat | undefined {
  return FORMATS.find((each) => each.name === name);
}

/** Of a result file; of one that only another version knows, that of any bytes. */
export function mediaTypeOf(name: string): ResultType {
  return formatOf(name)?.mediaType ?? "application/octet-stream";
}

/** The names of what is made in that way, in the table's order. */
export function namesMade(...ways: readonly Made[]): string[] {
  return FORMATS.filter(({ made }) => ways.includes(made)).map(({ name }) => name);
}

/** What the results step is to write for a job from such input. */
export function wantedFormats<N extends Need>(needs: N, job: Wishes): Format<N>[] {
  const wanted = FORMATS.filter(
    (each) => each.made === "results" && each.needs === needs && CONDITIONS[each.when].holds(job),
  );
  return wanted as unknown as Format<N>[];
}
