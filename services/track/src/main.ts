import { openLocalPipeline } from "@framequeue/pipeline";
import { observePipeline, observeStage, runService } from "@framequeue/service";
import { readTrackConfig } from "./config.ts";
import { createTrackService } from "./service.ts";

await runService({
  name: "track",
  config: readTrackConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    const service = createTrackService(pipeline, {
      concurrency: config.concurrency,
      events: observeStage(metrics, logger, tracer),
    });
    await service.start();
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
