import { format } from "../format.ts";
import { headerLine } from "../rows/header-line.ts";

/** A row for each track. A path may be as long as the video, so no row is held whole. */
export const tracksJsonl = format({
  name: "tracks.jsonl",
  mediaType: "application/jsonl",
  made: "results",
  needs: "tracks",
  when: "always",
  async write(tracks, sink, header) {
    await sink.line(headerLine("tracks", header));
    for await (const { row, path } of tracks) {
      await sink.text(`${JSON.stringify(row).slice(0, -1)},"path":[`);
      for await (const piece of path) await sink.text(piece);
      await sink.line("]}");
    }
  },
});
