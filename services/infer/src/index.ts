export { createInferService, type InferServiceOptions } from "./service.ts";
