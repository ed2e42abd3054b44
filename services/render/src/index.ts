export { createRenderService, type RenderServiceOptions } from "./service.ts";
