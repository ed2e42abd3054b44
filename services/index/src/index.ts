export { createIndexService, type IndexServiceOptions } from "./service.ts";
