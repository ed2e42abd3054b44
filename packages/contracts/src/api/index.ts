export * from "./bounds.ts";
export * from "./ids.ts";
export * from "./jobs.ts";
export * from "./models.ts";
export * from "./options/index.ts";
export * from "./problems.ts";
