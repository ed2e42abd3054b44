import { analyticsSchema } from "@framequeue/contracts";
import { format } from "../format.ts";

/** Counts over the whole video and by interval. */
export const analyticsJson = format({
  name: "analytics.json",
  mediaType: "application/json",
  made: "results",
  needs: "scene",
  when: "analytics",
  async write({ analytics }, sink) {
    await sink.line(JSON.stringify(analyticsSchema.parse(analytics), undefined, 2));
  },
});
