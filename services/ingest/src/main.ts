import { createSiteLook, JOB_PHASES, openLocalPipeline } from "@framequeue/pipeline";
import { observePipeline, observeSite, observeStage, runService } from "@framequeue/service";
import { createAddressGuard } from "./address-guard.ts";
import { readIngestConfig } from "./config.ts";
import { createIngestService } from "./service.ts";

await runService({
  name: "ingest",
  config: readIngestConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    const service = createIngestService(pipeline, {
      concurrency: config.concurrency,
      reconcileMs: config.reconcileMs,
      limits: config.limits,
      fetchConcurrency: config.fetchConcurrency,
      fetch: {
        ...config.fetch,
        mayConnect: config.allowPrivateSources ? () => true : createAddressGuard(),
      },
      events: observeStage(metrics, logger, tracer),
    });
    await service.start();
    observeSite(metrics, logger, {
      look: createSiteLook(pipeline),
      phases: JOB_PHASES,
      frameBudgetBytes: config.frameBudgetBytes,
      folders: {
        objects: config.objectsDir,
        ...(config.frameStore === "file" ? { frames: config.framesDir } : {}),
      },
    });
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
