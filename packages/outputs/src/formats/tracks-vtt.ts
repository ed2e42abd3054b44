import { z } from "zod";
import { format } from "../format.ts";
import { numberOption } from "../options.ts";
import { type Cue, writeWebVtt } from "../rows/web-vtt.ts";

const options = z.strictObject({
  /** Is added to all times: a player may count from the video's first frame, and `pts` may not. */
  offsetSeconds: numberOption(-1e6, 1e6).default(0),
  /** A cue is shown for so long at least. */
  leastSeconds: numberOption(0.1, 60).default(0.5),
});

/** A subtitle for each track, for as long as it is seen. */
export const tracksVtt = format<"tracks", z.output<typeof options>>({
  name: "tracks.vtt",
  mediaType: "text/vtt; charset=utf-8",
  made: "request",
  needs: "tracks",
  when: "always",
  holds: ["tracks"],
  options,
  async write(tracks, sink, { media }, { offsetSeconds, leastSeconds }) {
    const [numerator, denominator] = media.timeBase;
    const seconds = (pts: number): number => (pts * numerator) / denominator + offsetSeconds;
    const cues: Cue[] = [];
    for await (const { row } of tracks) {
      const fromSeconds = seconds(row.first.pts);
      const toSeconds = Math.max(seconds(row.last.pts), fromSeconds + leastSeconds);
      cues.push({ fromSeconds, toSeconds, text: `${row.label} ${row.trackId}` });
    }
    await writeWebVtt(cues, sink);
  },
});
