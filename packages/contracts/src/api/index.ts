export * from "./bounds.ts";
export * from "./ids.ts";
export * from "./jobs.ts";
export * from "./json-text.ts";
export * from "./models.ts";
export * from "./operations/index.ts";
export * from "./options/index.ts";
export * from "./problems.ts";
