export * from "./analytics.ts";
export * from "./checks.ts";
export * from "./execution.ts";
export * from "./job-options.ts";
export * from "./option-list.ts";
export * from "./sampling.ts";
export * from "./tracker-presets.ts";
export * from "./tracking.ts";
