import { openLocalPipeline } from "@framequeue/pipeline";
import { observeStage, runService } from "@framequeue/service";
import { readTrackConfig } from "./config.ts";
import { createTrackService } from "./service.ts";

await runService({
  name: "track",
  config: readTrackConfig,
  async start({ config, logger, metrics, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({
        ...config,
        onRedisError: (error) => logger.warn({ err: error }, "Redis cannot be reached"),
      }),
    );
    const service = createTrackService(pipeline, {
      concurrency: config.concurrency,
      events: observeStage(metrics, logger),
    });
    await service.start();
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
