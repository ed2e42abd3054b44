import type { AnalyticsEvent } from "@framequeue/contracts";
import { z } from "zod";
import { format } from "../format.ts";
import { numberOption } from "../options.ts";
import { type Cue, writeWebVtt } from "../rows/web-vtt.ts";

const options = z.strictObject({
  /** Is added to all times: a player may count from the video's first frame, and `pts` may not. */
  offsetSeconds: numberOption(-1e6, 1e6).default(0),
  /** So long each is shown. */
  seconds: numberOption(0.1, 60).default(2),
});

/** A subtitle for each event of a job that counts. */
export const eventsVtt = format<"events", z.output<typeof options>>({
  name: "events.vtt",
  mediaType: "text/vtt; charset=utf-8",
  made: "request",
  needs: "events",
  when: "analytics",
  holds: ["tracks"],
  options,
  async write(events, sink, { media }, { offsetSeconds, seconds }) {
    const [numerator, denominator] = media.timeBase;
    const cues: Cue[] = [];
    for await (const event of events) {
      const fromSeconds = (event.pts * numerator) / denominator + offsetSeconds;
      cues.push({ fromSeconds, toSeconds: fromSeconds + seconds, text: textOf(event) });
    }
    await writeWebVtt(cues, sink);
  },
});

function textOf(event: AnalyticsEvent): string {
  const who = `${event.label} ${event.trackId}`;
  switch (event.kind) {
    case "cross":
      return `${who} crosses ${event.line}: ${event.direction}`;
    case "enter":
      return `${who} enters ${event.zone}`;
    case "exit":
      return `${who} leaves ${event.zone} after ${event.dwellSeconds} s`;
    case "start":
      return `${who} appears`;
    case "lost":
      return `${who} is lost`;
    case "found":
      return `${who} is found after ${event.awaySeconds} s`;
    case "end":
      return `${who} ends after ${event.lifeSeconds} s`;
  }
}
