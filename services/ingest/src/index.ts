export { createIngestService, type IngestServiceOptions } from "./service.ts";
