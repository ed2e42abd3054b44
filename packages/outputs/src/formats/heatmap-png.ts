import { format } from "../format.ts";

/** Where objects were, to be laid over a frame. */
export const heatmapPng = format({
  name: "heatmap.png",
  mediaType: "image/png",
  made: "results",
  needs: "scene",
  when: "analytics",
  async write({ heatMap, picture, encodeHeatMap }, sink) {
    await sink.bytes(await encodeHeatMap(heatMap, picture));
  },
});
