import { openLocalPipeline } from "@framequeue/pipeline";
import { gaugeIn, observePipeline, runService } from "@framequeue/service";
import { readApiConfig } from "./config.ts";
import { createModelCheck } from "./models/model-check.ts";
import { createModelResolver } from "./models/model-resolver.ts";
import { createApiService } from "./service.ts";

await runService({
  name: "api",
  config: readApiConfig,
  async start({ config, logger, metrics, tracer, resources }) {
    const pipeline = resources.use(
      openLocalPipeline({ ...config, ...observePipeline(metrics, logger, tracer) }),
    );
    const { redis, jobs, objects, derivations } = pipeline;
    const service = createApiService(
      {
        jobs,
        objects,
        derivations,
        resolveModel: createModelResolver({ objects, defaultModel: config.defaultModel }),
        registry: pipeline,
        sourceRoots: config.sourceRoots,
        uploadLimitBytes: config.uploadLimitBytes,
        modelLimitBytes: config.modelLimitBytes,
        checkModel: createModelCheck(config.modelCheck),
        apiKeys: config.apiKeys,
        adminKeys: config.adminKeys,
        logger,
        metrics,
        ready: () => redis.status === "ready",
      },
      config,
    );
    const { port, url } = await service.start();
    gaugeIn(metrics, {
      name: "fq_public_url",
      help: "1, and where people reach the API.",
      labels: ["url"],
    }).set({ url: config.publicUrl || `http://localhost:${port}` }, 1);
    logger.info({ url }, "listening");
    await redis.ping();
    return {
      ready: () => service.state === "running" && redis.status === "ready",
      stop: (deadlineMs) => service.stop(deadlineMs),
    };
  },
});
