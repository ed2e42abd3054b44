import { openLocalPipeline } from "@framequeue/pipeline";
import { observePipeline, observeStage, runService } from "@framequeue/service";
import { readRenderConfig } from "./config.ts";
import { createRenderService } from "./service.ts";

await runService({
  name: "render",
  config: readRenderConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    const service = createRenderService(pipeline, {
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
