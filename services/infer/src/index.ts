export { createInferService, type InferService, type InferServiceOptions } from "./service.ts";
export type { DetectorCache, DetectorLoan } from "./detector-cache.ts";
