import { openLocalPipeline } from "@framequeue/pipeline";
import { observeStage, runService } from "@framequeue/service";
import { createAddressGuard } from "./address-guard.ts";
import { readIngestConfig } from "./config.ts";
import { createIngestService } from "./service.ts";

await runService({
  name: "ingest",
  config: readIngestConfig,
  async start({ config, logger, metrics, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({
        ...config,
        onRedisError: (error) => logger.warn({ err: error }, "Redis cannot be reached"),
      }),
    );
    const service = createIngestService(pipeline, {
      concurrency: config.concurrency,
      reconcileMs: config.reconcileMs,
      limits: config.limits,
      fetch: {
        limitBytes: config.sourceLimitBytes,
        mayConnect: config.allowPrivateSources ? () => true : createAddressGuard(),
        idleTimeoutMs: config.fetchIdleTimeoutMs,
      },
      events: observeStage(metrics, logger),
    });
    await service.start();
    return {
      ready: () => service.state === "running",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
