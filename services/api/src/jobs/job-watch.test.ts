import assert from "node:assert/strict";
import { test } from "node:test";
import { type JobView, newJobId } from "@framequeue/contracts";
import { createLogger } from "@framequeue/service";
import { createJobWatch } from "./job-watch.ts";

const id = newJobId();
const view = (state: JobView["state"], tracked = 0): JobView => ({
  id,
  state,
  source: { name: "v" },
  models: [],
  priority: 5,
  run: 1,
  acceptedAt: "2026-01-01T00:00:00.000Z",
  progress: { total: 9, decoded: 0, inferred: 0, tracked, rendered: 0, indexed: false },
  warnings: [],
  results: {},
});

/** A watch whose looks answer one after the other; each look waits for `answer`. */
function scripted() {
  const looks: PromiseWithResolvers<JobView | undefined>[] = [];
  let asked = Promise.withResolvers<void>();
  const lines: string[] = [];
  const watch = createJobWatch({
    jobs: {
      glance: () => {
        const look = Promise.withResolvers<JobView | undefined>();
        looks.push(look);
        asked.resolve();
        return look.promise;
      },
    },
    logger: createLogger({
      name: "api",
      level: "info",
      destination: { write: (line) => void lines.push(line) },
    }),
    everyMs: 1,
  });
  return {
    watch,
    lines,
    next: async () => {
      await asked.promise;
      asked = Promise.withResolvers<void>();
      return looks.at(-1)!;
    },
    looks: () => looks.length,
  };
}

function listener() {
  const seen: string[] = [];
  const ended = Promise.withResolvers<void>();
  return {
    seen,
    ended: ended.promise,
    onView: ({ view: { state, progress } }: { view: JobView }) =>
      void seen.push(`${state} ${progress.tracked}`),
    onEnd: () => ended.resolve(),
  };
}

test("listeners of a job share one look; each hears the job at once and every change once", async () => {
  const { watch, next, looks } = scripted();
  const first = listener();
  const second = listener();
  watch.watch(id, first);
  watch.watch(id, second);
  (await next()).resolve(view("running", 1));
  (await next()).resolve(view("running", 1));
  const third = await next();
  const late = listener();
  watch.watch(id, late);
  assert.deepEqual(late.seen, ["running 1"]);
  third.resolve(view("running", 2));
  (await next()).resolve(view("succeeded", 9));
  await Promise.all([first.ended, second.ended, late.ended]);
  const all = ["running 1", "running 2", "succeeded 9"];
  assert.deepEqual([first.seen, second.seen, late.seen], [all, all, all]);
  assert.equal(looks(), 4);
});

test("a look that fails is said once and tried again; a job that is gone ends the watch", async () => {
  const { watch, next, lines } = scripted();
  const one = listener();
  watch.watch(id, one);
  (await next()).reject(new Error("no redis"));
  (await next()).reject(new Error("no redis"));
  (await next()).resolve(view("running"));
  (await next()).resolve(undefined);
  await one.ended;
  assert.deepEqual(one.seen, ["running 0"]);
  assert.equal(lines.length, 1);
});

test("nobody listens: nobody looks", async () => {
  const { watch, next, looks } = scripted();
  const stop = watch.watch(id, listener());
  const look = await next();
  stop();
  look.resolve(view("running"));
  // A new listener starts over, or goes on with the same loop; either way there is one look at a time.
  const again = listener();
  watch.watch(id, again);
  (await next()).resolve(view("succeeded"));
  await again.ended;
  assert.equal(looks(), 2);
});
