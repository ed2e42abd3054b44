import { format } from "../format.ts";
import { headerLine } from "../rows/header-line.ts";

/** A row for each frame that was looked at, and for each range of frames without a result. */
export const framesJsonl = format({
  name: "frames.jsonl",
  mediaType: "application/jsonl",
  made: "results",
  needs: "frames",
  when: "always",
  async write(rows, sink, header) {
    await sink.line(headerLine("frames", header));
    for await (const row of rows) await sink.line(JSON.stringify(row));
  },
});
