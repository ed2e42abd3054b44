import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { openQueues, type Pipeline } from "@framequeue/pipeline";
import type { RequestHandler } from "express";

export const BOARD_PATH = "/admin/queues";

/**
 * Bull Board over the queues, for looking only: the ledger decides what is done, and a task that somebody retries or
 * removes by hand is put back by the reconciler.
 */
export function queueBoard({ redis }: Pick<Pipeline, "redis">): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: openQueues(redis).map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: "Framequeue" } },
  });
  return serverAdapter.getRouter() as RequestHandler;
}
