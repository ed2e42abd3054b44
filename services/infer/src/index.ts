export { createInferService, type InferService, type InferServiceOptions } from "./service.ts";
