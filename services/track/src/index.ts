export { createTrackService, type TrackServiceOptions } from "./service.ts";
