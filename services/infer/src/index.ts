export { createInferService, type InferService, type InferServiceOptions } from "./service.ts";
export { createDetectorCache } from "./detector-cache.ts";
export type { DetectorCache, DetectorLoan } from "./detector-cache.ts";
