export { awaitJob } from "./system/await-job.ts";
export { type ComposedSystem, composeSystem } from "./system/compose.ts";
export { FRAME_STORES, type FrameStoreKind, openPrivateFrames } from "./system/private-frames.ts";
export { openPrivateSystem, type PrivateSystemOptions } from "./system/private-system.ts";
export { STREET_GAP_FRAMES, STREET_TRACKER } from "./demo/street-tracker.ts";
export { createSupervisor, type Supervisor } from "./system/supervisor.ts";
