import { summarySchema } from "@framequeue/contracts";
import { format } from "../format.ts";

/** Everything that may differ between two runs of equal inputs. */
export const summaryJson = format({
  name: "summary.json",
  mediaType: "application/json",
  made: "end",
  needs: "summary",
  when: "always",
  async write(summary, sink) {
    await sink.line(JSON.stringify(summarySchema.parse(summary), undefined, 2));
  },
});
