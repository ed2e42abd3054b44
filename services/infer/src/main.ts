import { endNow } from "@framequeue/lifetime";
import { chooseEngine } from "@framequeue/models";
import { openLocalPipeline } from "@framequeue/pipeline";
import {
  observeGpus,
  observeModels,
  observePipeline,
  observeStage,
  runService,
} from "@framequeue/service";
import { readInferConfig } from "./config.ts";
import { showEngine } from "./models/engine-metrics.ts";
import { createInferService } from "./service.ts";

await runService({
  name: "infer",
  config: readInferConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const engine = await chooseEngine(config.engine);
    showEngine(engine, config.providersAsked, metrics, logger);
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    observeGpus(metrics);
    const service = createInferService(pipeline, {
      ...(config.concurrency === undefined ? {} : { concurrency: config.concurrency }),
      workers: config.workers,
      threadsPerWorker: config.threadsPerWorker,
      useTuning: config.useTuning,
      tuneWhenIdle: config.tuneWhenIdle,
      engine,
      loadedModels: config.loadedModels,
      bounds: { limits: config.runLimits, die: endNow },
      events: { ...observeStage(metrics, logger, tracer), ...observeModels(metrics, logger) },
    });
    await service.start();
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
