export * from "./analytics.ts";
export * from "./mask.ts";
export * from "./media.ts";
export * from "./media-types.ts";
export * from "./results.ts";
export * from "./row-fields.ts";
export * from "./version.ts";
