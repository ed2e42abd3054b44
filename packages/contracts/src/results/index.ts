export * from "./analytics.ts";
export * from "./mask.ts";
export * from "./media.ts";
export * from "./results.ts";
export * from "./version.ts";
