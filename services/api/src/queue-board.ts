import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { openQueues, type Pipeline } from "@framequeue/pipeline";
import { contentPolicy } from "@framequeue/service";
import { type Express, type RequestHandler, Router } from "express";

export const BOARD_PATH = "/admin/queues";

/** The board's own files and answers, and styles that its scripts write into the page. */
const BOARD_POLICY = contentPolicy({
  "default-src": "'self'",
  "base-uri": "'self'",
  "object-src": "'none'",
  "img-src": "'self' data:",
  "style-src": "'self' 'unsafe-inline'",
});

/** A style sheet, an icon or anything else that a page has from another host. */
const FOREIGN_LINK = /<link\b[^>]*\shref="(?:[a-z][a-z0-9+.-]*:)?\/\/[^"]*"[^>]*>/gi;

/**
 * Bull Board over the queues, for looking only: the ledger decides what is done, and a task that somebody retries or
 * removes by hand is put back by the reconciler. Nothing of it comes from other hosts.
 */
export function queueBoard({ redis }: Pick<Pipeline, "redis">): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: openQueues(redis).map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: "Framequeue", hideDocsLink: true } },
  });
  const board = serverAdapter.getRouter() as Express;
  board.disable("x-powered-by");
  const router = Router();
  router.use((_request, response, next) => {
    response.set("content-security-policy", BOARD_POLICY);
    const render = response.render.bind(response);
    response.render = (view: string, locals?: object) =>
      render(view, locals, (error, html) => {
        if (error === null) response.send(html.replaceAll(FOREIGN_LINK, ""));
        else next(error);
      });
    next();
  });
  router.use(board);
  return router;
}
