import { openLocalPipeline } from "@framequeue/pipeline";
import { observePipeline, observeStage, runService } from "@framequeue/service";
import { readEnhanceConfig } from "./config.ts";
import { createEnhanceService } from "./service.ts";

await runService({
  name: "enhance",
  config: readEnhanceConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    const service = createEnhanceService(pipeline, {
      concurrency: config.concurrency,
      threads: config.threads,
      events: observeStage(metrics, logger, tracer),
    });
    await service.start();
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
