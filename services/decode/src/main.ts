import { openLocalPipeline } from "@framequeue/pipeline";
import { observePipeline, observeStage, runService } from "@framequeue/service";
import { readDecodeConfig } from "./config.ts";
import { createDecodeService } from "./service.ts";

await runService({
  name: "decode",
  config: readDecodeConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    const service = createDecodeService(pipeline, {
      concurrency: config.concurrency,
      ...(config.decoderThreads === 0 ? {} : { decoderThreads: config.decoderThreads }),
      quantumMs: config.quantumMs,
      events: observeStage(metrics, logger, tracer),
    });
    await service.start();
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
