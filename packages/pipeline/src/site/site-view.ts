import { activeJobsKey } from "../ledger/keys.ts";
import { connectRedis } from "../ledger/redis.ts";
import { readSiteState, type SiteState } from "./site-state.ts";
import { createTaskQueues } from "../queues/task-queues.ts";

/** The state of a site for somebody who only looks: no stores, and nothing that works. */
export interface SiteView extends AsyncDisposable {
  read(): Promise<SiteState>;
}

export function openSiteView(redisUrl: string, site: string): SiteView {
  const redis = connectRedis(redisUrl);
  // It connects again by itself; meanwhile a look waits.
  redis.on("error", () => {});
  const queues = createTaskQueues(redis, site);
  const jobs = { active: () => redis.smembers(activeJobsKey(site)) };
  return {
    read: () => readSiteState({ redis, site, queues, jobs }),
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]();
      redis.disconnect();
    },
  };
}
