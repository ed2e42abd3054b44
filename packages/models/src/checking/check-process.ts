import { constants, setPriority } from "node:os";
import { toProblemError } from "@framequeue/contracts";
import { readLabels } from "../add.ts";
import { checkModel } from "./check-model.ts";
import type { CheckOrder, CheckReply } from "./check-order.ts";

const WATCH_MS = 20;

/** A process that checks one file: gets its order from its parent, answers, and ends. */
process.once("message", ({ file, options, memoryBytes }: CheckOrder) => {
  const answer = (reply: CheckReply): void => void process.send!(reply, () => process.exit());
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  // The session is opened and runs in a thread, so this one can look.
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() > memoryBytes) answer({ outgrown: true });
  }, WATCH_MS);
  check(file, options)
    .then(
      (model): CheckReply => ({ model }),
      (error: unknown): CheckReply => ({ problem: toProblemError(error).toProblem() }),
    )
    .then((reply) => {
      clearInterval(watch);
      answer(reply);
    })
    .catch(() => process.exit(1));
});
process.once("disconnect", () => process.exit());

async function check(
  file: string,
  { labelsFile, ...options }: CheckOrder["options"],
): ReturnType<typeof checkModel> {
  const labels = labelsFile === undefined ? undefined : await readLabels(labelsFile);
  return checkModel(file, { ...options, labels });
}
