export { awaitJob } from "./await-job.ts";
export { type ComposedSystem, composeSystem } from "./compose.ts";
export { FRAME_STORES, type FrameStoreKind, openPrivateFrames } from "./private-frames.ts";
export { openPrivateSystem, type PrivateSystemOptions } from "./private-system.ts";
export { STREET_GAP_FRAMES, STREET_TRACKER } from "./street-tracker.ts";
export { createSupervisor, type Supervisor } from "./supervisor.ts";
