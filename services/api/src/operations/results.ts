import type { RESULT_OPERATIONS } from "@framequeue/contracts";
import { compareJobs } from "@framequeue/outputs";
import { jobNotFound } from "@framequeue/pipeline";
import type { ApiDeps } from "../deps.ts";
import { inTime } from "../http/deadline.ts";
import type { Handlers } from "../http/handler.ts";
import { getResult } from "./get-result.ts";

/** What jobs came to. */
export function resultHandlers({
  jobs,
  objects,
  derivations,
}: ApiDeps): Handlers<typeof RESULT_OPERATIONS> {
  return {
    async compareJobs({ params }) {
      const sides = [];
      for (const id of [params.id, params.other]) {
        if ((await inTime(jobs.view(id))) === undefined) throw jobNotFound(id);
        const result = await inTime(jobs.result(id));
        for (const name of ["frames.jsonl", "summary.json"]) {
          const artifact = result?.artifacts[name];
          if (artifact !== undefined) await jobs.checkArtifact(id, name, artifact);
        }
        sides.push({ objects, id, result });
      }
      return { status: 200, json: await compareJobs(sides[0]!, sides[1]!) };
    },
    getResult: getResult({ jobs, objects, derivations }),
  };
}
