import { openLocalPipeline } from "@framequeue/pipeline";
import { observePipeline, observeStage, runService } from "@framequeue/service";
import { readIndexConfig } from "./config.ts";
import { createIndexService } from "./service.ts";

await runService({
  name: "index",
  config: readIndexConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    const events = observeStage(metrics, logger, tracer);
    const service = createIndexService(pipeline, {
      concurrency: config.concurrency,
      events,
      derivationEvents: events,
    });
    await service.start();
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
