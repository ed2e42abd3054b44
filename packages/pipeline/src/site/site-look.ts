import type { ServerMemory } from "@framequeue/frames";
import type { Ports } from "../ports.ts";
import { countQuarantined } from "../registry/model-quarantine.ts";
import { readRedisState, type RedisState } from "./redis-state.ts";
import { readSiteState, type SiteState, type SiteStateDeps } from "./site-state.ts";
import { createStallWatch, type StalledJob } from "./stall-watch.ts";

/** Everything that is to be told of a site beside what its processes tell of themselves. */
export interface SiteLook {
  readonly state: SiteState;
  readonly stalled: readonly StalledJob[];
  readonly redis: RedisState;
  /** The servers that hold pixels; none with another frame store. */
  readonly frameServers: readonly ServerMemory[];
  /** Versions of models that no job may use. */
  readonly quarantined: number;
}

/** A function that looks, and remembers from look to look when each job got on. */
export function createSiteLook(
  pipeline: SiteStateDeps & Pick<Ports, "frames">,
): () => Promise<SiteLook> {
  const watch = createStallWatch();
  return async () => {
    const [state, redis, frameServers, quarantined] = await Promise.all([
      readSiteState(pipeline),
      readRedisState(pipeline.redis),
      // A server that is away is no reason to say nothing of the rest.
      pipeline.frames.usage?.().catch(() => []) ?? [],
      countQuarantined(pipeline.redis, pipeline.site),
    ]);
    const stalled = watch.look(state.jobs, performance.now());
    return { state, stalled, redis, frameServers, quarantined };
  };
}
