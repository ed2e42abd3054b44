import { format } from "../format.ts";

/** MOTChallenge text: frames count from 1 there. Where nothing was seen of a track, its score is 0. */
export const motTxt = format({
  name: "mot.txt",
  mediaType: "text/plain; charset=utf-8",
  made: "results",
  needs: "boxes",
  when: "always",
  async write(rows, sink) {
    for await (const row of rows) {
      if ("gap" in row) continue;
      for (const [trackId, x, y, width, height, , score, detection] of row.tracks) {
        await sink.line(
          `${row.frame + 1},${trackId},${x},${y},${width},${height},${detection < 0 ? 0 : score},-1,-1,-1`,
        );
      }
    }
  },
});
