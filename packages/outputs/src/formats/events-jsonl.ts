import { format } from "../format.ts";
import { headerLine } from "../rows/header-line.ts";

/** What happened at lines, in zones and to tracks. */
export const eventsJsonl = format({
  name: "events.jsonl",
  mediaType: "application/jsonl",
  made: "results",
  needs: "events",
  when: "analytics",
  async write(events, sink, header) {
    await sink.line(headerLine("events", header));
    for await (const event of events) await sink.line(JSON.stringify(event));
  },
});
