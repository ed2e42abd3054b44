export * from "./policy.ts";
export * from "./scaler.ts";
export * from "./wanted-workers.ts";
