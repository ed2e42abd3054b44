import { constants, setPriority } from "node:os";
import { toProblemError } from "@framequeue/contracts";
import { endNow } from "@framequeue/lifetime";
import { readLabels } from "../package/add.ts";
import { checkModel } from "./check-model.ts";
import type { CheckOrder, CheckReply } from "./check-order.ts";

const WATCH_MS = 20;
/** What the runtime says where the kernel gives it no more memory. */
const NO_MEMORY = /AllocateRaw|bad.?alloc|allocate memory|out of memory/i;

/** A process that checks one file: gets its order from its parent, answers, and ends. */
process.once("message", ({ file, options, memoryBytes }: CheckOrder) => {
  const answer = (reply: CheckReply): void => void process.send!(reply, endNow);
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  // The session is opened and runs in a thread, so this one can look.
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() <= memoryBytes) return;
    clearInterval(watch);
    answer({ outgrown: true });
  }, WATCH_MS);
  check(file, options)
    .then(
      (model): CheckReply => ({ model }),
      (error: unknown): CheckReply => {
        const problem = toProblemError(error).toProblem();
        return NO_MEMORY.test(problem.detail) ? { outgrown: true } : { problem };
      },
    )
    .then((reply) => {
      clearInterval(watch);
      answer(reply);
    })
    .catch(endNow);
});
process.once("disconnect", endNow);

async function check(
  file: string,
  { labelsFile, ...options }: CheckOrder["options"],
): ReturnType<typeof checkModel> {
  const labels = labelsFile === undefined ? undefined : await readLabels(labelsFile);
  return checkModel(file, { ...options, labels });
}
