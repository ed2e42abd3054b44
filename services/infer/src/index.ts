export { createInferService, type InferService, type InferServiceOptions } from "./service.ts";
export { createDetectorCache } from "./models/detector-cache.ts";
export type { DetectorCache, DetectorLoan } from "./models/detector-cache.ts";
