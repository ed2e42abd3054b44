export { createEnhanceService, type EnhanceServiceOptions } from "./service.ts";
