export * from "./config/common-config.ts";
export { contentPolicy, SECURITY_HEADERS } from "./process/security-headers.ts";
export { boundClients, CLIENT_BOUNDS, type ClientBounds } from "./process/bound-clients.ts";
export { checkFolder, folderFault } from "./config/check-folder.ts";
export * from "./config/config.ts";
export { fileReason } from "./config/file-reason.ts";
export { observeGpus } from "./telemetry/gpu-metrics.ts";
export {
  type HealthOptions,
  type HealthServer,
  isReady,
  startHealthServer,
} from "./process/health.ts";
export * from "./telemetry/http-metrics.ts";
export * from "./telemetry/infer-events.ts";
export { type LeastRate, RateWatch } from "./process/least-rate.ts";
export { listen } from "./process/listen.ts";
export * from "./process/logger.ts";
export * from "./telemetry/metrics.ts";
export * from "./telemetry/pipeline-events.ts";
export { redactUrl } from "./process/redact.ts";
export { type ObjectStoreConfig, readObjectStoreConfig } from "./config/object-store-config.ts";
export * from "./process/redis-process.ts";
export * from "./process/run-service.ts";
export * from "./config/settings.ts";
export * from "./telemetry/site-metrics.ts";
export * from "./telemetry/stage-events.ts";
export { spanIdOf, traceIdsOf } from "./tracing/trace-ids.ts";
export type { JobTracer } from "./tracing/tracer.ts";
