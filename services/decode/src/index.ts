export { createDecodeService, type DecodeServiceOptions } from "./service.ts";
