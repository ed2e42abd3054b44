import { format } from "../format.ts";
import { headerLine } from "../rows/header-line.ts";

/** The best views of each track, and what the job's models made of them. */
export const viewsJsonl = format({
  name: "views.jsonl",
  mediaType: "application/jsonl",
  made: "results",
  needs: "views",
  when: "views",
  async write(views, sink, header) {
    await sink.line(headerLine("views", header));
    for await (const view of views) await sink.line(JSON.stringify(view));
  },
});
