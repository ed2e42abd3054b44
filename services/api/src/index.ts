export { createApi } from "./api.ts";
export type { ApiDeps } from "./deps.ts";
export { createModelCheck, type ModelCheck } from "./models/model-check.ts";
export {
  createModelResolver,
  type ModelResolver,
  type ModelResolverOptions,
} from "./models/model-resolver.ts";
export { type ApiService, type ApiServiceOptions, createApiService } from "./service.ts";
