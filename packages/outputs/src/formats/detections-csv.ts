import { roundTo } from "@framequeue/vision";
import { z } from "zod";
import { format } from "../format.ts";
import { numberOption } from "../options.ts";

const options = z.strictObject({
  /** Detections below are left out. */
  minScore: numberOption(0, 1).default(0),
});

const COLUMNS =
  "frame,seconds,x_min,y_min,x_max,y_max,class_id,class_name,confidence,tracker_id" as const;

/** A line for each detection, its columns named as supervision's `CSVSink` names them. Boxes by their corners. */
export const detectionsCsv = format<"frames", z.output<typeof options>>({
  name: "detections.csv",
  mediaType: "text/csv; charset=utf-8",
  made: "request",
  needs: "frames",
  when: "always",
  holds: ["detections"],
  options,
  async write(rows, sink, { media }, { minScore }) {
    const [numerator, denominator] = media.timeBase;
    await sink.line(COLUMNS);
    for await (const row of rows) {
      if ("gap" in row) continue;
      const seconds = roundTo((row.pts * numerator) / denominator, 3);
      for (const { box, score, classId, label, trackId = "" } of row.detections) {
        if (score < minScore) continue;
        const [x, y, width, height] = box;
        const corners = [x, y, roundTo(x + width, 2), roundTo(y + height, 2)].join(",");
        await sink.line(
          `${row.frame},${seconds},${corners},${classId},${quoted(label)},${score},${trackId}`,
        );
      }
    }
  },
});

/** RFC 4180 */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
